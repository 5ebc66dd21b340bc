-- Takes one from each of several limits, or refuses and changes none of them.
--
-- KEYS[1..n] sorted sets of the limits, all in one slot
-- ARGV[1]    unique member
-- ARGV[2..]  for each limit the number of its windows, then its windows as pairs of (ms, at most)
--
-- Answers {'taken', count}: how many entries the first limit now holds
--       | {'full', limit, wait}: the index of the first full limit, and the ms until it has room
--- @include "time"
--- @include "sliding-window"
local member = ARGV[1]

-- Calls visit(index, key, first, last) for each limit, with the place of its windows in ARGV.
local function each_limit(visit)
  local first = 3
  for index, key in ipairs(KEYS) do
    local last = first + 2 * tonumber(ARGV[first - 1]) - 1
    visit(index, key, first, last)
    first = last + 2
  end
end

local full, wait_ms
each_limit(function(index, key, first, last)
  if full then return end
  local left = wait(key, first, last)
  if left > 0 then full, wait_ms = index, left end
end)
if full then return {'full', 'limit', full, 'wait', wait_ms} end

each_limit(function(_, key, first, last) add(key, member, first, last) end)
return {'taken', 'count', #KEYS > 0 and redis.call('ZCARD', KEYS[1]) or 0}
