import { LATE, NOW } from './windows.ts'

/**
 * What is left of a send that this process cannot deliver itself. One that is still open when its time is
 * over is ended, as a claim would end it; nothing else is changed.
 *
 * KEYS: the code record, the phone's sends. ARGV: rid, send number.
 * Answers {'open'} | {'done'} (it ended and has time left) | {'late', unit of the budget that comes back} (ended just now) | {'over'}.
 */
export const LAPSE = `
${NOW}${LATE}
local code = KEYS[1]
local r = redis.call('HMGET', code, 'rid', 'sends', 'status', 'used', 'exp', 'send_by', 'lease', 'gateway', 'doubt', 'left')
if r[1] ~= ARGV[1] or r[2] ~= ARGV[2] then return {'over'} end
local open = r[3] == 'queued' or r[3] == 'sending'
if math.min(tonumber(r[5]), tonumber(r[6])) > now then return {open and 'open' or 'done'} end
if not open then return {'over'} end
if r[3] == 'sending' and tonumber(r[7]) > now then return {'open'} end
if r[4] == '1' then
  redis.call('HSET', code, 'status', 'sent', 'sent_at', now)
  return {'over'}
end
local doubt = r[3] == 'sending' and r[8] or r[9]
return {'late', endLate(code, KEYS[2], ARGV[1] .. '.' .. ARGV[2], doubt, r[10])}
`
