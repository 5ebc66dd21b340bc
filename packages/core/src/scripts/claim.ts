import { LATE, NOW } from './windows.ts'

/**
 * The right to make one gateway call for one send. Called before every call: between this answer and the
 * request nothing else may happen.
 *
 * A claim whose owner vanished (lease over, status still "sending") leaves a doubt: its gateway may have
 * taken the message. The doubt stays until an answer resolves it. A send belongs to one channel at a time:
 * once it was moved to e-mail, no gateway of the other is called.
 *
 * KEYS: the code record, the phone's sends. ARGV: rid, send number, own fence or 0, gateway, lease ms,
 *   1 when this call risks a second message else 0, channel.
 * Answers {'go', sealed, fence, life left ms, doubt, extra, ms since the first claim, when the doubted call began} |
 *   {'gone', why} (no record, replaced, moved, used, late and then the unit of the budget that comes back) | {'done', status, gateway, message id} | {'busy', ms}.
 */
export const CLAIM = `
${NOW}${LATE}
local code, sends = KEYS[1], KEYS[2]
local rid, number, fence, gateway, lease = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local r = redis.call('HMGET', code, 'rid', 'sends', 'status', 'used', 'exp', 'send_by', 'fence', 'lease',
  'gateway', 'doubt', 'sealed', 'extra', 'channel', 'called_at', 'doubt_at', 'sending_at', 'left', 'message_id',
  'reason', 'mailed')
if r[1] ~= rid then return {'gone', 'no_record'} end
if r[2] ~= number then return {'gone', 'replaced'} end
local status = r[3]
if status ~= 'queued' and status ~= 'sending' then return {'done', status, r[9] or '', r[18] or ''} end
local mailing = ARGV[7] == 'email'
if (r[13] == 'email') ~= mailing then return {'gone', 'moved'} end
-- Who typed the code has the message, whatever became of the answer to us.
if r[4] == '1' then
  redis.call('HSET', code, 'status', 'sent', 'sent_at', now)
  return {'gone', 'used'}
end
local exp, late = tonumber(r[5]), math.min(tonumber(r[5]), tonumber(r[6]))
local mine = status == 'sending' and r[7] == fence
if status == 'sending' and not mine and tonumber(r[8]) > now then return {'busy', r[8] - now} end
local doubt, since, left = r[10], r[15] or 0, r[17] or 0
if status == 'sending' and not mine then
  if doubt ~= r[9] then
    since = r[14] or 0
    -- A second doubt takes the place of the first, which is one for good.
    if doubt ~= '' then left = 1 end
  end
  doubt = r[9]
end
if late <= now then
  if mailing and r[19] == 'missing' then
    -- There is no time left for the mail, and nothing is known against the message.
    redis.call('HSET', code, 'status', 'sent', 'channel', 'sms')
    return {'done', 'sent', '', ''}
  end
  return {'gone', 'late', endLate(code, sends, rid .. '.' .. number, doubt, tostring(left))}
end
-- Who learns of a doubt claims once more before a call: one that vanishes in between has called nobody.
if not mine and doubt ~= '' then gateway = doubt end
local next = r[7] + 1
redis.call('HSET', code, 'status', 'sending', 'fence', next, 'lease', now + lease, 'gateway', gateway,
  'called_at', now, 'left', left, 'doubt', doubt, 'doubt_at', since, 'extra', math.max(tonumber(r[12]), tonumber(ARGV[6])))
redis.call('HSETNX', code, 'sending_at', now)
-- Noted before the call: who reads the mail may be another than who holds the phone. 2 until it may have left, then 1.
if mailing and r[20] ~= '1' then redis.call('HSET', code, 'mailed', 2) end
return {'go', r[11], next, exp - now, doubt, tonumber(r[12]), now - (r[16] or now), tonumber(since)}
`
