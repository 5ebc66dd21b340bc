-- Gives a claim: the right to make one gateway call for one send. The fence is the number of a claim. The lease is
-- the time for which no other worker gets a claim. Only gateways of the send's present channel get a claim.
--
-- A doubt means that a gateway gave no answer and may have taken the message. A claim leaves a doubt if its lease
-- ends before settle.lua records a result. The doubt stays until an answer of that gateway resolves the doubt.
--
-- A gateway's quota is the most messages that the vendor takes for one phone. The call of a claim with a full quota
-- must not be made.
--
-- KEYS[1] code record; KEYS[2] the phone's sends; KEYS[3] the phone's history; KEYS[4] the quotas of the phone
-- ARGV[1] request id of the record; ARGV[2] number of the send
-- ARGV[3] fence of the claim that the caller has, 0 for no claim
-- ARGV[4] gateway that the caller is going to call, or '' if the caller cannot deliver the send and only ends a late
--         one
-- ARGV[5] lease, ms
-- ARGV[6] 1 if the call risks a second message, else 0
-- ARGV[7] channel of the caller
-- ARGV[8] id under which the message counts in the quota of the gateway; ARGV[9] windows of this quota
--         (take-quota.lua), or '' for no quota
-- ARGV[10] the last answer of a gateway to the caller, for the history (history.lua), or ''
-- ARGV[11..] ids of the code keys that the caller has
-- Answers {'go', sealed, fence, life, age, doubted_gateway, doubted_at, lapsed_gateway, second_send_risked, moves,
--           may_move, counted_for, quota}: `life` in ms; `age` in ms since the first claim of this send;
--           `doubted_gateway` is '' if there is no doubt; `lapsed_gateway` is '' unless the lease of its claim ended
--           without a result; `moves` changes of channel so far; `may_move` 0 if the other channel can no longer take
--           the send; `counted_for` the address for which the guard against SMS pumping counts the send, or '';
--           `quota` is 'none' | 'taken' | 'again' (counted before) | 'full'
--       | {'gone', reason, moves}: 'no_record' | 'replaced' | 'moved' | 'used'; only 'moved' has `moves`
--       | {'late', budget_unit, last_answer}: the send fails now; `budget_unit` is the time of the unit to give back,
--           or 0; `last_answer` is the last answer of a gateway in the history, or ''
--       | {'done', status, reason, gateway, message_id, sealed, counted_for}: the send has ended; `sealed` is '' if
--           the code was used or the caller lacks its key; `counted_for` is '' if the settlement of the send counted it
--       | {'no_key', key_id}: the caller lacks the key of the message; nothing was claimed
--       | {'busy', wait}: another worker has the claim for `wait` ms more, or may get it if ARGV[4] is ''
--- @include "time"
--- @include "read-record"
--- @include "send-unit"
--- @include "has-key"
--- @include "take-quota"
--- @include "history"
local code, sends, history, quotas = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local rid, number, own_fence, gateway, lease = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local risks_second_send, channel, message, windows = tonumber(ARGV[6]), ARGV[7], ARGV[8], ARGV[9]
local answer, KEY_IDS = ARGV[10], 11

local record = read_record(code, 'rid', 'sends', 'status', 'channel', 'used', 'expires_at', 'send_by', 'fence',
  'lease_until', 'gateway', 'message_id', 'sealed', 'doubted_gateway', 'doubted_at', 'unresolved_doubt',
  'second_send_risked', 'called_at', 'sending_at', 'reason', 'mail_state', 'key_id', 'moves', 'may_move', 'asked_by',
  'is_counted', 'sent_at', 'budget_unit')
if record.rid ~= rid or record.sends ~= number then
  note(history, rid, number, answer, record.rid and 'replaced' or '', '')
  return {'gone', 'reason', record.rid == rid and 'replaced' or 'no_record'}
end
note(history, rid, number, answer, '', '')
local counted_for = record.is_counted == '1' and record.asked_by or ''
local is_sending = record.status == 'sending'
local is_readable = has_key(record.key_id, KEY_IDS, 1)
if record.status ~= 'queued' and not is_sending then
  -- A delivery receipt may have ended a send in doubt, which was not settled as `sent`.
  if record.status ~= 'delivered' or record.sent_at then counted_for = '' end
  return {'done', 'status', record.status, 'reason', record.reason, 'gateway', record.gateway,
    'message_id', record.message_id, 'sealed', counted_for ~= '' and is_readable and record.sealed or '', 'counted_for', counted_for}
end
if gateway ~= '' and record.channel ~= channel then return {'gone', 'reason', 'moved', 'moves', record.moves} end
if record.used == '1' then
  -- The code was used, so a message with the code has arrived.
  redis.call('HSET', code, 'status', 'sent', 'sent_at', now)
  note(history, rid, number, '', 'sent', 'used')
  return {'gone', 'reason', 'used'}
end
local is_own = is_sending and record.fence == own_fence
local is_lapsed = is_sending and not is_own
if is_lapsed and tonumber(record.lease_until) > now then return {'busy', 'wait', record.lease_until - now} end

local doubted, doubted_at, unresolved = record.doubted_gateway, record.doubted_at, record.unresolved_doubt
local no_answer = ''
if is_lapsed then
  no_answer = math.max(0, now - record.called_at) .. ' ' .. record.channel .. ',' .. record.gateway .. ',no_answer,'
end
if is_lapsed and doubted ~= record.gateway then
  -- A second doubt replaces the first doubt, so no answer can resolve the first doubt any more.
  if doubted ~= '' then unresolved = 1 end
  doubted, doubted_at = record.gateway, record.called_at
end

if math.min(tonumber(record.expires_at), tonumber(record.send_by)) <= now then
  if record.channel == 'email' and record.reason == 'missing' then
    -- A gateway had accepted the SMS and the mail was only a follow-up, so the status goes back to `sent`.
    redis.call('HSET', code, 'status', 'sent', 'channel', 'sms')
    note(history, rid, number, '', 'sent', 'mail_failed')
    return {'done', 'status', 'sent', 'reason', '', 'gateway', '', 'message_id', '', 'sealed', '', 'counted_for', ''}
  end
  redis.call('HSET', code, 'status', 'failed', 'reason', 'late', 'failed_at', now)
  local last_answer = note(history, rid, number, no_answer, 'failed', 'late')
  -- If a message may have left, the send still counts against the limits of its phone and against the budget.
  if doubted ~= '' or tostring(unresolved) ~= '0' then
    return {'late', 'budget_unit', 0, 'last_answer', last_answer}
  end
  give_back(sends, rid, number)
  return {'late', 'budget_unit', record.budget_unit, 'last_answer', last_answer}
end

if gateway == '' then return {'busy', 'wait', 0} end
if not is_readable then return {'no_key', 'key_id', record.key_id} end

-- A new caller that gets a doubt in the answer claims again before its gateway call. This first claim keeps the name
-- of the doubted gateway: if the caller dies before its second claim, the record names a gateway that was called.
local quota = 'none'
if not is_own and doubted ~= '' then gateway = doubted
elseif windows ~= '' then quota = take_quota(quotas, gateway, message, windows) end
note(history, rid, number, no_answer, '', '')
local fence = record.fence + 1
redis.call('HSET', code, 'status', 'sending', 'fence', fence, 'lease_until', now + lease, 'gateway', gateway,
  'called_at', now, 'doubted_gateway', doubted, 'doubted_at', doubted_at, 'unresolved_doubt', unresolved,
  'second_send_risked', math.max(tonumber(record.second_send_risked), risks_second_send))
redis.call('HSETNX', code, 'sending_at', now)
-- `mail_state` is set before the call, so that a crash cannot hide that a mail may have carried the code.
if channel == 'email' and record.mail_state == 'none' then redis.call('HSET', code, 'mail_state', 'claimed') end
return {'go', 'sealed', record.sealed, 'fence', fence, 'life', record.expires_at - now,
  'age', now - (record.sending_at or now), 'doubted_gateway', doubted, 'doubted_at', tonumber(doubted_at),
  'lapsed_gateway', is_lapsed and record.gateway or '',
  'second_send_risked', tonumber(record.second_send_risked), 'moves', record.moves,
  'may_move', record.may_move, 'counted_for', counted_for, 'quota', quota}
