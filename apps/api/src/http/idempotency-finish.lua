-- Keeps the answer to the first request in the slot of an idempotency key, or deletes the slot. Only its owner may do
-- so: another request may have become the owner after the lease (see idempotency-begin.lua).
--
-- KEYS[1] slot of the idempotency key
-- ARGV[1] id of the request that calls the script
-- ARGV[2] ms to keep the answer, from now
-- ARGV[3] encrypted answer, '' to delete the slot
--
-- Answers {'finished'} | {'not_owner'}
local slot, owner, keep, sealed = KEYS[1], ARGV[1], ARGV[2], ARGV[3]

if string.match(redis.call('GET', slot) or '', '^%S+ (%S+) %d+$') ~= owner then return {'not_owner'} end
if sealed == '' then
  redis.call('DEL', slot)
else
  redis.call('SET', slot, sealed, 'PX', keep)
end
return {'finished'}
