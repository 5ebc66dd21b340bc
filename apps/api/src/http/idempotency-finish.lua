-- Keeps the answer to the first request in the slot, the Redis hash of an idempotency key, or deletes the slot. Only
-- its owner may do so: another request may have become the owner after the lease (see idempotency-begin.lua).
--
-- KEYS[1] slot of the idempotency key
-- ARGV[1] id of the request that calls the script
-- ARGV[2] ms to keep the answer, from now
-- ARGV[3] HTTP status, '' to delete the slot
-- ARGV[4] retcode
-- ARGV[5] encrypted body of the answer
--
-- Answers {'finished'} | {'not_owner'}
local slot, owner, keep, status, retcode, sealed = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

if redis.call('HGET', slot, 'owner') ~= owner then return {'not_owner'} end
if status == '' then
  redis.call('DEL', slot)
else
  redis.call('HDEL', slot, 'owner', 'lease')
  redis.call('HSET', slot, 'status', status, 'retcode', retcode, 'sealed', sealed)
  redis.call('PEXPIRE', slot, keep)
end
return {'finished'}
