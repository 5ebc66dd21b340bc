-- Sliding windows over one sorted set of times: 5 an hour means 5 in any 60 minutes, whenever the 60 minutes begin.
-- The windows are pairs of (ms, at most) in ARGV, from index `first` to `last`. This file needs `now` from time.lua.

-- wait(key, first, last): answers the ms until one more entry fits (0 for now), and the ms of the full window. Only a
-- window that the entries of the set can fill is read. Most sets have few entries or do not exist.
local function wait(key, first, last)
  local longest, full_window, entries = 0, 0, redis.call('ZCARD', key)
  for i = first, last, 2 do
    local window, most = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
    if most <= entries then
      local _, time_of_nth_newest = unpack(redis.call('ZREVRANGE', key, most - 1, most - 1, 'WITHSCORES'))
      local left = time_of_nth_newest + window - now
      if left > longest then longest, full_window = left, window end
    end
  end
  return longest, full_window
end

-- add(key, member, keep): adds an entry with the time `now` and removes the entries that are older than `keep` ms.
local function add(key, member, keep)
  redis.call('ZADD', key, now, member)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', '(' .. (now - keep))
  redis.call('PEXPIRE', key, keep)
end
