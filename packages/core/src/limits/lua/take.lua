-- Adds one entry to each of several limits, or refuses and changes no limit.
--
-- KEYS[1..n] sorted sets of the limits, all in one hash slot of a Cluster
-- ARGV[1]    unique member
-- ARGV[2..]  for each limit the number of its windows, then its windows as pairs of (ms, at most)
-- Answers {'taken', count}: how many entries the first limit now has
--       | {'full', limit, wait}: the index of the first full limit, and the ms until it has room
--- @include "time"
--- @include "sliding-window"
local member = ARGV[1]

local keep, first = {}, 3
for index, key in ipairs(KEYS) do
  local last = first + 2 * tonumber(ARGV[first - 1]) - 1
  local wait_ms = wait(key, first, last)
  if wait_ms > 0 then return {'full', 'limit', index, 'wait', wait_ms} end
  keep[index] = 0
  for i = first, last, 2 do keep[index] = math.max(keep[index], tonumber(ARGV[i])) end
  first = last + 2
end

for index, key in ipairs(KEYS) do add(key, member, keep[index]) end
return {'taken', 'count', #KEYS > 0 and redis.call('ZCARD', KEYS[1]) or 0}
