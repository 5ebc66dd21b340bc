-- Adds one entry to an exact limit, or refuses and changes nothing.
--
-- KEYS[1]   sorted set of the limit
-- ARGV[1]   unique member
-- ARGV[2..] windows of the limit as pairs of (ms, at most)
-- Answers {'taken'} | {'full', wait}: the ms until the limit has room
--- @include "time"
--- @include "sliding-window"
local WINDOWS = 2

local wait_ms = wait(KEYS[1], WINDOWS, #ARGV)
if wait_ms > 0 then return {'full', 'wait', wait_ms} end
local keep = 0
for i = WINDOWS, #ARGV, 2 do keep = math.max(keep, tonumber(ARGV[i])) end
add(KEYS[1], ARGV[1], keep)
return {'taken'}
