-- Takes one unit from each of several counters, or refuses and changes nothing.
--
-- KEYS[1..n] the counters, in one hash slot of a Cluster
-- ARGV[1]    JSON: for each counter its `parts`, and its `windows` as a list of (most, seconds)
-- Answers {'taken', at}: `at` is the time of the units, ms
--       | {'full', limit, wait}: the index of the first full counter, and the ms until it has room
--- @include "time"
--- @include "counter"
local limits = cjson.decode(ARGV[1])

local counters = {}
for i, text in ipairs(redis.call('MGET', unpack(KEYS))) do
  counters[i] = open(text, limits[i].parts)
  local wait = wait_for(counters[i], limits[i].windows)
  if wait > 0 then return {'full', 'limit', i, 'wait', wait} end
end
for i, key in ipairs(KEYS) do
  if #limits[i].windows > 0 then take(key, counters[i], limits[i].windows) end
end
return {'taken', 'at', now}
