import { NOW } from './windows.ts'

/**
 * What a vendor says later of a message it took, or that it said nothing. A status only moves forward: from
 * "sent" to "delivered", or to the e-mail channel while there is time for it, or to "failed", and from there to
 * "delivered". Whatever comes twice, late or in another order changes nothing more.
 *
 * An undelivered message was paid for all the same, so the phone's slot stays taken.
 *
 * Whether a receipt is missing is judged by the clock of Redis: the queue goes by the clocks of the workers.
 *
 * KEYS: the code record. ARGV: rid, send number, 'delivered' | 'undelivered' | 'missing', 1 when the scene
 *   may fall back to e-mail else 0, ms that a receipt may take.
 * Answers {'delivered', ms since it was sent} | {'soon', ms that the receipt still has} | {what}: 'moved', 'failed',
 *   'early' (its send has no answer yet), 'kept' (nothing to change).
 */
export const REPORT = `
${NOW}
local code = KEYS[1]
local r = redis.call('HMGET', code, 'rid', 'sends', 'status', 'used', 'exp', 'send_by', 'channel', 'sent_at')
local status, mailing = r[3], r[7] == 'email'
if r[1] ~= ARGV[1] or r[2] ~= ARGV[2] then return {'kept'} end
local open = status == 'queued' or status == 'sending'
if ARGV[3] == 'delivered' then
  -- Also of a send that was given up: it arrived.
  if not open and status ~= 'sent' and status ~= 'failed' then return {'kept'} end
  redis.call('HSET', code, 'status', 'delivered', 'delivered_at', now, 'channel', 'sms')
  return {'delivered', now - (r[8] or now)}
end
-- Said again, for who could not queue the mail after the first time.
if open and mailing then return {'moved'} end
if open then return {'early'} end
if status ~= 'sent' or r[4] == '1' then return {'kept'} end
if ARGV[3] == 'missing' then
  local left = (r[8] or 0) + ARGV[5] - now
  if left > 0 then return {'soon', left} end
end
if ARGV[4] == '1' and math.min(tonumber(r[5]), tonumber(r[6])) > now then
  redis.call('HSET', code, 'status', 'queued', 'lease', 0, 'gateway', '', 'message_id', '', 'channel', 'email',
    'doubt', '', 'extra', 0, 'left', 1, 'reason', ARGV[3])
  return {'moved'}
end
if ARGV[3] == 'missing' then return {'kept'} end
redis.call('HSET', code, 'status', 'failed', 'failed_at', now, 'reason', 'undelivered')
return {'failed'}
`
