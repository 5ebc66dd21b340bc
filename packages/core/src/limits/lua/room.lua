-- Answers how full a limit is, and changes nothing.
--
-- KEYS[1]    sorted set of the limit
-- ARGV[1..n] its windows as pairs of (ms, at most)
-- Answers {'room', wait} and a row {used} for each window: `wait` is the ms until one more entry fits, 0 if it fits
-- now; `used` is the number of entries in the window
--- @include "time"
--- @include "sliding-window"
local limit = KEYS[1]

local answer = {'room', 'wait', (wait(limit, 1, #ARGV))}
for i = 1, #ARGV, 2 do
  local window = tonumber(ARGV[i])
  table.insert(answer, {'window', 'used', redis.call('ZCOUNT', limit, '(' .. (now - window), '+inf')})
end
return answer
