-- Answers the job that a delivery receipt is about, or parks the receipt until its send is known. A parked
-- "delivered" is not overwritten, so the order in which receipts arrive does not matter.
--
-- KEYS[1] the message, as in expect-receipt.lua
-- ARGV[1] 'delivered' | 'undelivered'; ARGV[2] ms to keep it
-- ARGV[3] 1 to park the receipt although its send is known, because the send is not settled yet; else 0
-- Answers {'known', job} | {'parked'}
local message, state, keep, must_park = KEYS[1], ARGV[1], ARGV[2], ARGV[3] == '1'

local job = redis.call('HGET', message, 'send')
if job and not must_park then return {'known', 'job', job} end
if redis.call('HGET', message, 'parked') ~= 'delivered' then redis.call('HSET', message, 'parked', state) end
redis.call('PEXPIRE', message, keep)
return {'parked'}
