-- Records the result of a claim, which is the right to one gateway call. "claimed" needs the fence (number) of the
-- newest claim. "unclaimed" settles a send whose job can no longer run. The send must be on the caller's channel.
--
-- "queued" returns the send for a later attempt. "moved" queues the send on the other channel. After "failed", the
-- send counts against the limits only if a message may have left. An ended send is not settled again.
--
-- KEYS[1] code record; KEYS[2] the phone's sends; KEYS[3] the phone's history
-- ARGV[1] request id of the record; ARGV[2] number of the send
-- ARGV[3] 'claimed' | 'unclaimed'; ARGV[4] fence of the claim, 0 for unclaimed
-- ARGV[5] 'queued' | 'moved' | 'sent' | 'fell_back' | 'failed'
-- ARGV[6] gateway; ARGV[7] message id; ARGV[8] channel of the caller
-- ARGV[9] doubted gateway, which gave no answer and may have taken the message, or ''
-- ARGV[10] 1 if a second message was risked after a call to the doubted gateway, else 0
-- ARGV[11] reason, or '' to keep the recorded one
-- ARGV[12] for "moved": 1 if the send may return to its channel later, else 0
-- ARGV[13] the last answer of a gateway, for the history (history.lua), or ''
-- Answers {'settled', budget_unit, reason, last_answer}: the time of the unit that the caller must give back to the
--           budget, or 0; the recorded reason; and the last answer of a gateway in the history, or ''
--       | {'kept'}: the send stays `sent`, because only its follow-up mail failed
--       | {'refused'}: another claim or send is newer, the channel differs, or the send has ended
--- @include "time"
--- @include "read-record"
--- @include "move"
--- @include "send-unit"
--- @include "history"
local code, sends, history = KEYS[1], KEYS[2], KEYS[3]
local rid, number, is_unclaimed, fence = ARGV[1], ARGV[2], ARGV[3] == 'unclaimed', ARGV[4]
local status, gateway, message_id, channel = ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local doubted, second_send_risked, reason, may_return, answer = ARGV[9], ARGV[10], ARGV[11], ARGV[12], ARGV[13]

local record = read_record(code, 'rid', 'sends', 'status', 'channel', 'fence', 'doubted_gateway', 'doubted_at',
  'unresolved_doubt', 'called_at', 'reason', 'mail_state', 'budget_unit', 'moves', 'sms_doubted_gateway',
  'sms_doubted_at', 'sms_second_send_risked')
if record.rid ~= rid or record.sends ~= number then
  local has_left = status == 'sent' or status == 'fell_back'
  note(history, rid, number, answer, has_left and status or record.rid and 'replaced' or '', '')
  return {'refused'}
end
local is_sending = record.status == 'sending'
local is_open = record.status == 'queued' or is_sending
if not is_open or record.channel ~= channel or (not is_unclaimed and record.fence ~= fence) then
  note(history, rid, number, answer, '', '')
  return {'refused'}
end

-- An unclaimed settlement during the call of another worker leaves open whether that call sent a message.
local is_certain = record.doubted_gateway == '' and doubted == '' and record.unresolved_doubt == '0'
  and not (is_unclaimed and is_sending)
if reason == '' then reason = record.reason end

if record.channel == 'email' and record.mail_state == 'claimed' then
  local may_have_left = status == 'fell_back' or doubted ~= '' or is_unclaimed
  redis.call('HSET', code, 'mail_state', may_have_left and 'may_have_left' or 'none')
end
if status == 'failed' and record.channel == 'email' and record.reason == 'missing' then
  -- The mail was only a follow-up to an accepted SMS, so the send stays `sent`.
  redis.call('HSET', code, 'status', 'sent', 'lease_until', 0, 'channel', 'sms', 'doubted_gateway', '')
  note(history, rid, number, answer, 'sent', 'mail_failed')
  return {'kept'}
end

local is_returned = status == 'queued'
local last_answer = note(history, rid, number, answer, is_returned and '' or status,
  (status == 'failed' or status == 'moved') and reason or '')
local unresolved, doubted_at = record.unresolved_doubt, record.called_at
if doubted == record.doubted_gateway then
  doubted_at = record.doubted_at
elseif doubted ~= '' and record.doubted_gateway ~= '' then
  -- A second doubt replaces the first doubt, so no answer can resolve the first doubt any more.
  unresolved = 1
end
if status == 'moved' then
  move(code, record, {reason = reason, is_certain = is_certain, may_return = may_return, gateway = doubted,
    at = doubted_at, risked = second_send_risked})
  return {'settled', 'budget_unit', 0, 'reason', reason, 'last_answer', last_answer}
end
redis.call('HSET', code, 'status', status, 'lease_until', 0, 'gateway', gateway, 'message_id', message_id,
  'doubted_gateway', doubted, 'doubted_at', doubted_at, 'unresolved_doubt', unresolved,
  'second_send_risked', second_send_risked, 'reason', reason)
if not is_returned then redis.call('HSET', code, status .. '_at', now) end
local budget_unit = 0
if status == 'failed' and is_certain then
  give_back(sends, rid, number)
  budget_unit = record.budget_unit
end
return {'settled', 'budget_unit', budget_unit, 'reason', reason, 'last_answer', last_answer}
