import type { Redis } from 'ioredis'

/**
 * Lets a minute pass for everything in Redis, by moving all stored times back by a minute. The scripts only use
 * the clock of Redis and compare it with times that they wrote themselves, so the effect is the same as if the
 * clock moved ahead. The real scripts with their real limits therefore decide each case.
 *
 * Every time has to move: a field of a hash, or the start of a counter, counts as a time when it is a number of
 * milliseconds within a week of now. An unknown type of key is an error. The real seconds of the run come on top of
 * the simulated ones (about one in a thousand).
 *
 * The jobs are deleted, as if workers had taken them. The queue's settings stay.
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
  elseif kind == 'string' then
    -- A counter (counter.lua) begins with the time of its first bucket. Of the other strings only the TTL matters.
    local text = redis.call('GET', key)
    local at = #text >= 22 and struct.unpack('>I6', text) or 0
    if math.abs(at - now) < week then
      redis.call('SET', key, struct.pack('>I6', at - by) .. string.sub(text, 7), 'KEEPTTL')
    end
  -- Nothing here reads the audit stream.
  elseif kind ~= 'stream' then
    return redis.error_reply('cannot move the times of a ' .. kind)
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
