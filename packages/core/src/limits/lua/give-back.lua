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
    local counter = open(text, tonumber(ARGV[PARTS + i - 1]))
    for place, stored in ipairs(counter) do
      local window = roll(counter, place, stored.seconds)
      local passed = window.bucket - math.floor((at - counter.start) / window.length)
      local units = window[passed + 1]
      if units and units > 0 then window[passed + 1] = units - 1 end
    end
    save(KEYS[i], counter)
  end
end
return {'given_back'}
