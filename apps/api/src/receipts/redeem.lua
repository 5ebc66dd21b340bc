-- Marks a receipt as redeemed, once. The mark lasts until the receipt expires by the clock of Redis: a mark that
-- a fast host had set by its own clock could be gone while a slow host still accepts the receipt.
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
