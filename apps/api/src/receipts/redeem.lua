-- Redeems a receipt once: the first call sets a Redis key, the mark. The receipt and its mark expire by the clock of
-- Redis. By the clocks of two hosts, the mark could be gone while one host still accepts the receipt.
--
-- KEYS[1] mark of the receipt
-- ARGV[1] when the receipt expires, ms since 1970
--
-- Answers {'redeemed'} | {'used'} | {'expired'}
--- @include "time"
local mark, expires_at = KEYS[1], tonumber(ARGV[1])

if expires_at <= now then return {'expired'} end
if redis.call('SET', mark, '1', 'NX', 'PXAT', ARGV[1]) then return {'redeemed'} end
return {'used'}
