-- Answers what a request with an idempotency key may do. The slot of the key is a Redis hash. A first request stores
-- the digest of its body there and owns the slot for a time, the lease. Then a request with the same body may own it.
--
-- KEYS[1] slot of the idempotency key
-- ARGV[1] digest of the body
-- ARGV[2] unique id of this request, which becomes the owner of the slot
-- ARGV[3] length of the lease, ms
-- ARGV[4] ms to keep the slot, from now
--
-- Answers {'first'} | {'replay', status, retcode, sealed (the encrypted body)} | {'other_body'} | {'under_way'}
--- @include "time"
--- @include "read"
local slot, digest, owner, lease, keep = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]

local held = read(slot, 'digest', 'lease', 'sealed', 'status', 'retcode')
if held.digest then
  if held.digest ~= digest then return {'other_body'} end
  if held.sealed then
    return {'replay', 'status', held.status, 'retcode', held.retcode, 'sealed', held.sealed}
  end
  if tonumber(held.lease) > now then return {'under_way'} end
end
redis.call('HSET', slot, 'digest', digest, 'owner', owner, 'lease', now + lease)
redis.call('PEXPIRE', slot, keep)
return {'first'}
