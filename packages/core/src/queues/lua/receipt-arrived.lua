-- Answers the job that a delivery receipt is about, or parks (stores) the receipt until a worker settles its send. A
-- parked "delivered" is not overwritten, so the order in which receipts arrive does not matter.
--
-- KEYS[1] the message, by the gateway's id for it or by an id of ours that the gateway repeats
-- ARGV[1] 'delivered' | 'undelivered'; ARGV[2] ms to keep the parked receipt
-- ARGV[3] 0 to park the receipt only if its send is unknown; 1 to park the receipt also for a known, unsettled send
-- Answers {'known', job} | {'parked'}
local message, state, keep, must_park = KEYS[1], ARGV[1], ARGV[2], ARGV[3] == '1'

local job = redis.call('HGET', message, 'send')
if job and not must_park then return {'known', 'job', job} end
if redis.call('HGET', message, 'parked') ~= 'delivered' then redis.call('HSET', message, 'parked', state) end
redis.call('PEXPIRE', message, keep)
return {'parked'}
