import { NOW, WINDOWS } from './windows.ts'

/**
 * Issues a code, or re-sends the live one, or refuses; a refusal changes nothing.
 *
 * A live code is sent again rather than replaced: two messages that cross on their way must not carry
 * two codes. Its life is extended, but never past the ceiling of two lives from its first issue. A new
 * code is made where less than half a life would be left, after use, or when its compares are spent.
 *
 * Who asks for somebody else's code again is shown an id of his own, which tells the status and no more:
 * tries that carry the first one stay with whoever asked first.
 *
 * KEYS: the code record, the phone's sends.
 * ARGV: rid, kid, digest, sealed, life ms, send-within ms, compares, keep ms,
 *       who asked, its unit of the budget or '', then pairs of (milliseconds, at most) for the phone.
 * Answers {1, rid, send number, life left ms, ms until the next send, the id to show} or {0, window, ms to wait}.
 */
export const ISSUE = `
${NOW}${WINDOWS}
local code, sends = KEYS[1], KEYS[2]
local life, within, compares, keep = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local left, window = wait(sends, 11, #ARGV)
if left > 0 then return {0, window, left} end

local rid, exp, ceiling, number = ARGV[1], now + life, now + 2 * life, 1
local old = redis.call('HMGET', code, 'rid', 'exp', 'ceiling', 'sends', 'with_id', 'blind', 'used', 'from', 'alias')
local shown = rid
local resend = old[1] and old[7] ~= '1' and tonumber(old[2]) > now
  and tonumber(old[5]) < compares and tonumber(old[6]) < compares
  and math.min(now + life, tonumber(old[3])) - now >= life / 2

if resend then
  rid, ceiling, number = old[1], tonumber(old[3]), old[4] + 1
  exp = math.min(now + life, ceiling)
  local alias = old[9] or ''
  if old[8] == ARGV[9] then shown = rid else alias = alias .. ' ' .. shown end
  redis.call('HSET', code, 'exp', exp, 'sends', number, 'alias', alias, 'status', 'queued',
    'send_by', now + within, 'lease', 0, 'doubt', '', 'doubt_at', 0, 'extra', 0, 'left', 0, 'reason', '',
    'channel', '', 'queued_at', now, 'unit', ARGV[10])
  redis.call('HDEL', code, 'sending_at', 'sent_at', 'delivered_at', 'fell_back_at', 'failed_at')
else
  redis.call('DEL', code)
  redis.call('HSET', code, 'rid', rid, 'kid', ARGV[2], 'digest', ARGV[3], 'sealed', ARGV[4],
    'issued', now, 'from', ARGV[9], 'exp', exp, 'ceiling', ceiling, 'sends', 1, 'with_id', 0, 'blind', 0, 'used', 0,
    'status', 'queued', 'send_by', now + within, 'fence', 0, 'lease', 0, 'doubt', '', 'doubt_at', 0, 'extra', 0,
    'left', 0, 'gateway', '', 'message_id', '', 'channel', '', 'mailed', 0, 'reason', '', 'called_at', 0,
    'queued_at', now, 'unit', ARGV[10])
end
redis.call('PEXPIREAT', code, ceiling + keep)
add(sends, rid .. '.' .. number, 11, #ARGV)
local pause = wait(sends, 11, #ARGV)
return {1, rid, number, exp - now, pause, shown}
`
