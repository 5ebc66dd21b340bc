import { NOW } from './windows.ts'

/**
 * Writes what became of a claim; only the holder of the newest fence can, and a terminal status is
 * written once. "queued" gives the claim back for a later try. "moved" gives the send to the e-mail channel,
 * where it is queued anew. "failed" gives the phone its slot back, where certainly nothing was sent.
 * Fence '*' belongs to whoever buries a job that can no longer run, in the channel the send is in.
 *
 * KEYS: the code record, the phone's sends.
 * ARGV: rid, send number, fence, status, gateway, message id, channel, doubt, extra, reason ('' keeps the old one).
 * Answers {1, unit of the budget that comes back or ''} written, {2} it stays sent as it was, or {0} not ours to write.
 */
export const SETTLE = `
${NOW}
local code = KEYS[1]
local r = redis.call('HMGET', code, 'rid', 'sends', 'status', 'fence', 'doubt', 'left', 'reason', 'called_at', 'doubt_at',
  'channel', 'mailed', 'unit')
if r[1] ~= ARGV[1] or r[2] ~= ARGV[2] then return {0} end
if r[3] ~= 'queued' and r[3] ~= 'sending' then return {0} end
if ARGV[3] ~= '*' and r[4] ~= ARGV[3] then return {0} end
if ARGV[3] == '*' and (r[10] == 'email') ~= (ARGV[7] == 'email') then return {0} end
local status, doubt, reason = ARGV[4], ARGV[8], ARGV[10]
if reason == '' then reason = r[7] or '' end
-- A claim that is buried in the middle of its call leaves a doubt like any other.
local certain = r[5] == '' and doubt == '' and r[6] ~= '1' and not (ARGV[3] == '*' and r[3] == 'sending')
local left = r[6] or 0
-- A second doubt takes the place of the first, which is one for good.
if r[5] ~= '' and doubt ~= '' and doubt ~= r[5] then left = 1 end
if status == 'moved' then
  redis.call('HSET', code, 'status', 'queued', 'lease', 0, 'gateway', '', 'message_id', '', 'channel', 'email',
    'doubt', '', 'extra', 0, 'left', certain and 0 or 1, 'reason', reason)
  return {1}
end
-- A mail that certainly did not leave was read by nobody.
if r[10] == 'email' and r[11] == '2' then
  redis.call('HSET', code, 'mailed', (status == 'fell_back' or doubt ~= '' or ARGV[3] == '*') and 1 or 0)
end
-- It was only to be mailed as well: what is known of the message is that a gateway took it.
if status == 'failed' and r[10] == 'email' and r[7] == 'missing' then
  redis.call('HSET', code, 'status', 'sent', 'lease', 0, 'channel', 'sms', 'doubt', '')
  return {2}
end
local since = (doubt == r[5] and r[9] or r[8]) or 0
redis.call('HSET', code, 'status', status, 'lease', 0, 'gateway', ARGV[5], 'message_id', ARGV[6],
  'channel', ARGV[7], 'left', left, 'doubt', doubt, 'doubt_at', since, 'extra', ARGV[9], 'reason', reason)
if status ~= 'queued' then redis.call('HSET', code, status .. '_at', now) end
if status ~= 'failed' or not certain then return {1, ''} end
redis.call('ZREM', KEYS[2], ARGV[1] .. '.' .. ARGV[2])
return {1, r[12] or ''}
`
