-- Answers what a request with an idempotency key may do. A first request stores its act in the slot of the key, and
-- owns the slot for a time, the lease. Then a request with the same act may own it. An act is a hash of key and body.
--
-- KEYS[1] slot of the idempotency key: 'act owner end-of-lease', or the encrypted answer, which contains no space
-- ARGV[1] act of this request
-- ARGV[2] unique id of this request, which becomes the owner of the slot
-- ARGV[3] length of the lease, ms
-- ARGV[4] ms to keep the slot, from now
--
-- Answers {'first'} | {'replay', sealed}: the encrypted answer, which opens only for the same act
--       | {'other_body'} | {'under_way'}
--- @include "time"
local slot, act, owner, lease, keep = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]

local held = redis.call('GET', slot)
if held then
  local first_act, lease_until = string.match(held, '^(%S+) %S+ (%d+)$')
  if not first_act then return {'replay', 'sealed', held} end
  if first_act ~= act then return {'other_body'} end
  if tonumber(lease_until) > now then return {'under_way'} end
end
redis.call('SET', slot, act .. ' ' .. owner .. ' ' .. now + lease, 'PX', keep)
return {'first'}
