import { NOW } from './windows.ts'

/**
 * Two steps around a request that carries an idempotency key: who is first, and what the first was
 * answered. The slot is bound to one body from the first step on. A first try holds it by a lease; when
 * it died on the way, the lease runs out and the same body may take over.
 */

/**
 * KEYS: the slot. ARGV: digest of the body, a unique owner, lease ms, keep ms.
 * Answers {'first'} | {'replay', status, retcode, sealed body} | {'other_body'} | {'under_way'}.
 */
export const BEGIN = `
${NOW}
local slot = KEYS[1]
local r = redis.call('HMGET', slot, 'digest', 'lease', 'sealed', 'status', 'retcode')
if r[1] then
  if r[1] ~= ARGV[1] then return {'other_body'} end
  if r[3] then return {'replay', r[4], r[5], r[3]} end
  if tonumber(r[2]) > now then return {'under_way'} end
end
redis.call('HSET', slot, 'digest', ARGV[1], 'owner', ARGV[2], 'lease', now + ARGV[3])
redis.call('PEXPIRE', slot, ARGV[4])
return {'first'}
`

/**
 * Keeps the first answer, or with no status forgets that there was a try. Only the owner can: a try that
 * outlived its lease and was taken over changes nothing.
 *
 * KEYS: the slot. ARGV: owner, keep ms, status or '', retcode, sealed body.
 * Answers {1} or {0} (not its slot any more).
 */
export const FINISH = `
local slot = KEYS[1]
if redis.call('HGET', slot, 'owner') ~= ARGV[1] then return {0} end
if ARGV[3] == '' then
  redis.call('DEL', slot)
else
  redis.call('HDEL', slot, 'owner', 'lease')
  redis.call('HSET', slot, 'status', ARGV[3], 'retcode', ARGV[4], 'sealed', ARGV[5])
  redis.call('PEXPIRE', slot, ARGV[2])
end
return {1}
`
