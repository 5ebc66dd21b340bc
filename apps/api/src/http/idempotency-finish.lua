-- Keeps the answer of the first request for its repeats, or frees the slot if there is no answer to keep. Only the
-- owner changes the slot: if another request took over after the lease (idempotency-begin.lua), nothing changes.
--
-- KEYS[1] slot of the idempotency key
-- ARGV[1] id of the request, which is the owner unless another request took over
-- ARGV[2] ms to keep the answer
-- ARGV[3] HTTP status, '' to free the slot
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
