import { NOW } from './windows.ts'

/**
 * The right to make one gateway call for one send. Called before every call: between this answer and the
 * request nothing else may happen.
 *
 * A claim whose owner vanished (lease over, status still "sending") leaves a doubt: its gateway may have
 * taken the message. The doubt stays until an answer resolves it.
 *
 * KEYS: the code record, the phone's sends. ARGV: rid, send number, own fence or 0, gateway, lease ms,
 *   1 when this call risks a second message else 0.
 * Answers {'go', sealed, fence, life left ms, doubt, extra} |
 *   {'gone', why} (no record, replaced, used, late) | {'done', status} | {'busy', ms}.
 */
export const CLAIM = `
${NOW}
local code, sends = KEYS[1], KEYS[2]
local rid, number, fence, gateway, lease = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local r = redis.call('HMGET', code, 'rid', 'sends', 'status', 'used', 'exp', 'send_by', 'fence', 'lease',
  'gateway', 'doubt', 'sealed', 'extra')
if r[1] ~= rid then return {'gone', 'no_record'} end
if r[2] ~= number then return {'gone', 'replaced'} end
local status = r[3]
if status ~= 'queued' and status ~= 'sending' then return {'done', status} end
-- Who typed the code has the message, whatever became of the answer to us.
if r[4] == '1' then
  redis.call('HSET', code, 'status', 'sent')
  return {'gone', 'used'}
end
local exp, late = tonumber(r[5]), math.min(tonumber(r[5]), tonumber(r[6]))
local mine = status == 'sending' and r[7] == fence
if status == 'sending' and not mine and tonumber(r[8]) > now then return {'busy', r[8] - now} end
local doubt = r[10]
if status == 'sending' and not mine then doubt = r[9] end
if late <= now then
  redis.call('HSET', code, 'status', 'failed', 'reason', 'late')
  -- The slot comes back only where certainly nothing was sent, or faults could be used to send more.
  if doubt == '' then redis.call('ZREM', sends, rid .. '.' .. number) end
  return {'gone', 'late'}
end
-- Who learns of a doubt claims once more before a call: one that vanishes in between has called nobody.
if not mine and doubt ~= '' then gateway = doubt end
local next = r[7] + 1
redis.call('HSET', code, 'status', 'sending', 'fence', next, 'lease', now + lease, 'gateway', gateway,
  'doubt', doubt, 'extra', math.max(tonumber(r[12]), tonumber(ARGV[6])))
return {'go', r[11], next, exp - now, doubt, tonumber(r[12])}
`
