-- Takes one from a quota for a message, or refuses and changes nothing. A message that has taken already takes
-- nothing more: a repeat after an unclear answer must not be refused because of its own first try.
--
-- KEYS[1] sorted set of the quota
-- ARGV[1] message id
-- ARGV[2..] windows as pairs of (ms, at most)
--
-- Answers {'taken'} | {'again'} | {'full'}
--- @include "time"
--- @include "sliding-window"
local quota, message = KEYS[1], ARGV[1]

if redis.call('ZSCORE', quota, message) then return {'again'} end
if wait(quota, 2, #ARGV) > 0 then return {'full'} end
add(quota, message, 2, #ARGV)
return {'taken'}
