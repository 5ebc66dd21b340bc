-- Takes a unit from a counter as count.lua does, at a time that the test chooses.
--
-- KEYS[1] counter; ARGV[1] JSON: its `parts`, and its `windows` as a list of (most, seconds); ARGV[2] the time, ms
-- Answers {'taken'} | {'full', wait}, each with a row {used} for each window before the unit
local now = tonumber(ARGV[2])
--- @include "counter"
local limit = cjson.decode(ARGV[1])
local windows = limit.windows

local counter = open(redis.call('GET', KEYS[1]), limit.parts)
local units = {}
for i = 1, #windows / 2 do units[i] = used(counter, roll(counter, i, windows[2 * i])) end
counter = open(redis.call('GET', KEYS[1]), limit.parts)
local wait = wait_for(counter, windows)
local answer = {wait > 0 and 'full' or 'taken', 'wait', wait}
for i = 1, #windows / 2 do table.insert(answer, {'window', 'used', units[i]}) end
if wait == 0 then take(KEYS[1], counter, windows) end
return answer
