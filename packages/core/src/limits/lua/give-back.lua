-- Gives one unit back to each of several counters. In a window, this changes the bucket in which the unit was counted,
-- and nothing if that bucket has no effect any more.
--
-- KEYS[1..n] the counters, in one hash slot of a Cluster
-- ARGV[1]    the time at which the unit was taken, ms; ARGV[2..n+1] the parts of each counter
-- Answers {'given_back'}
--- @include "time"
--- @include "counter"
local at = tonumber(ARGV[1])
local PARTS = 2

for i, text in ipairs(redis.call('MGET', unpack(KEYS))) do
  if text then
    local parts = tonumber(ARGV[PARTS + i - 1])
    local counter = open(text, parts)
    local windows = (#counter - HEAD) / (parts + 2)
    for place = 1, windows do
      local current, _, length = roll(counter, place, counter[HEAD + (place - 1) * (parts + 2) + 1])
      local newest = math.max(counter[AGE], now - counter[START])
      local bucket = current + math.floor(newest / length) - math.floor((at - counter[START]) / length)
      if bucket >= current and bucket <= current + parts and counter[bucket] > 0 then
        counter[bucket] = counter[bucket] - 1
      end
    end
    save(KEYS[i], counter, windows)
  end
end
return {'given_back'}
