/**
 * Lua shared by every limit: sliding windows over one sorted set of times. Nothing is counted in fixed
 * windows, so a limit of 5 an hour holds for every hour, also across the turn of one.
 *
 * `now` is the clock of Redis, so API hosts with wrong clocks cannot move a limit.
 */
export const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/**
 * `wait(key, first, last)`: milliseconds until one more fits into every window given in ARGV from `first`
 * to `last` as pairs of (milliseconds, at most), and which window it was; 0 when it fits now.
 * `add(key, member, first, last)`: counts one, and forgets what no window can see any more.
 */
export const WINDOWS = `
local function wait(key, first, last)
  local longest, window = 0, 0
  for i = first, last, 2 do
    local size, most = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
    local nth = redis.call('ZREVRANGE', key, most - 1, most - 1, 'WITHSCORES')
    if nth[2] then
      local left = nth[2] + size - now
      if left > longest then longest, window = left, size end
    end
  end
  return longest, window
end
local function add(key, member, first, last)
  local longest = 0
  for i = first, last, 2 do longest = math.max(longest, tonumber(ARGV[i])) end
  redis.call('ZADD', key, now, member)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', '(' .. (now - longest))
  redis.call('PEXPIRE', key, longest)
end
`

/**
 * `endLate(code, sends, member, doubt, left)`: the send had its time, and fails. Answers its unit of the budget
 * where that comes back, else ''.
 */
export const LATE = `
local function endLate(code, sends, member, doubt, left)
  redis.call('HSET', code, 'status', 'failed', 'reason', 'late', 'failed_at', now)
  -- The slot comes back only where certainly nothing was sent, or faults could be used to send more.
  if doubt ~= '' or left == '1' then return '' end
  redis.call('ZREM', sends, member)
  return redis.call('HGET', code, 'unit') or ''
end
`
