-- Counts the entries of a limit. Changes nothing.
--
-- KEYS[1] sorted set of the limit
-- ARGV[1] window, ms
--
-- Answers {'counted', count}
--- @include "time"
local limit, window = KEYS[1], tonumber(ARGV[1])

return {'counted', 'count', redis.call('ZCOUNT', limit, '(' .. (now - window), '+inf')}
