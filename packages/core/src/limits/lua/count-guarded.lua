-- Adds sends and verified codes to groups of the guard against SMS pumping. A group is a counter of two windows of the
-- same length: its sends and its verified codes.
--
-- KEYS[1..n] the groups, in one hash slot of a Cluster
-- ARGV[1]    JSON: for each group its window `seconds`, and the numbers to add, `sends` and `verified`
-- Answers {'counted'}
--- @include "time"
--- @include "counter"
local counts = cjson.decode(ARGV[1])

for i, text in ipairs(redis.call('MGET', unpack(KEYS))) do
  local counter, count = open(text, 1), counts[i]
  local sends, verified = roll(counter, 1, count.seconds), roll(counter, 2, count.seconds)
  counter[sends], counter[verified] = counter[sends] + count.sends, counter[verified] + count.verified
  save(KEYS[i], counter, 2)
end
return {'counted'}
