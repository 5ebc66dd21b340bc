import type { Redis } from 'ioredis'

/**
 * Lets a minute pass for everything that Redis holds. The scripts know no clock but that of Redis, and only
 * ever compare it with times that they wrote themselves; Redis ends keys by the same clock. Whether that
 * clock moves a minute ahead or all these times a minute back, they cannot tell: so the real scripts decide
 * each case, with their own limits. What would spoil it is a time that stays where it is: so every field of a
 * hash counts as one whose number is milliseconds within a week of now, and an unknown type is an error. The
 * real seconds of the run come on top of the simulated ones, about one in a thousand: whoever waits a minute
 * has waited it.
 *
 * The jobs go too, as workers would have taken them; the queue's settings stay.
 */
const PASS = `
local by, week = tonumber(ARGV[1]), 7 * 86400000
local time = redis.call('TIME')
local now = time[1] * 1000
for _, key in ipairs(redis.call('KEYS', 'sms:*')) do
  local kind = redis.call('TYPE', key).ok
  if kind == 'zset' then
    local held = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
    for i = 1, #held, 2 do redis.call('ZADD', key, held[i + 1] - by, held[i]) end
  elseif kind == 'hash' then
    local held = redis.call('HGETALL', key)
    for i = 1, #held, 2 do
      local at = tonumber(held[i + 1])
      if at and math.abs(at - now) < week then redis.call('HINCRBY', key, held[i], -by) end
    end
  -- The guard's mark is nothing but its life; the audit stream is read by nobody here.
  elseif kind ~= 'string' and kind ~= 'stream' then
    return redis.error_reply('no way to age a ' .. kind)
  end
  local left = redis.call('PTTL', key)
  if left > by then redis.call('PEXPIRE', key, left - by)
  elseif left >= 0 then redis.call('DEL', key) end
end
for _, key in ipairs(redis.call('KEYS', '{sms}:*')) do
  if not key:find(':meta$') then redis.call('DEL', key) end
end
return 1
`

export async function passMinute(redis: Redis): Promise<void> {
  await redis.eval(PASS, 0, 60_000)
}
