-- Records what is known of a message after its gateway accepted the message. A repeated report changes nothing more,
-- and no report changes `delivered` or `fell_back`. An undelivered message was paid for, so its send still
-- counts against the limits.
--
-- KEYS[1] code record; KEYS[3] the phone's history
-- ARGV[1] request id of the record; ARGV[2] number of the send
-- ARGV[3] 'delivered' | 'undelivered' | 'missing': no delivery receipt came in time
-- ARGV[4] 1 if the send may move to e-mail, else 0; ARGV[5] the vendor's code in the delivery receipt, or ''
-- Answers {'delivered', after}: ms since the gateway accepted the message
--       | {'moved', moves}: the send is queued on the channel email, after so many moves. A repeated report gets the
--           same answer, so that a caller that failed to add the job can try again
--       | {'failed', gateway} | {'early'}: the send is not settled yet | {'kept'}: nothing to change
--- @include "time"
--- @include "read-record"
--- @include "move"
--- @include "history"
local code, history = KEYS[1], KEYS[3]
local rid, number, report, may_move, vendor_code = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1', ARGV[5]

local record = read_record(code, 'rid', 'sends', 'status', 'channel', 'used', 'expires_at', 'send_by', 'sent_at',
  'moves', 'may_move', 'gateway')
if record.rid ~= rid or record.sends ~= number then return {'kept'} end
local status = record.status
local is_open = status == 'queued' or status == 'sending'

if report == 'delivered' then
  -- A message can arrive although its send has failed.
  if not is_open and status ~= 'sent' and status ~= 'failed' then return {'kept'} end
  redis.call('HSET', code, 'status', 'delivered', 'delivered_at', now, 'channel', 'sms')
  note(history, rid, number, '', report, vendor_code)
  return {'delivered', 'after', now - (record.sent_at or now)}
end
if is_open then return {record.channel == 'email' and 'moved' or 'early', 'moves', record.moves} end
if status ~= 'sent' or record.used == '1' then return {'kept'} end
note(history, rid, number, '', report, vendor_code)
may_move = may_move and record.may_move == '1'
if may_move and math.min(tonumber(record.expires_at), tonumber(record.send_by)) > now then
  local moves = move(code, record, {reason = report, is_certain = false, may_return = 0, gateway = '', at = 0,
    risked = 0})
  note(history, rid, number, '', 'moved', report)
  return {'moved', 'moves', moves}
end
if report == 'missing' then return {'kept'} end
redis.call('HSET', code, 'status', 'failed', 'failed_at', now, 'reason', 'undelivered')
note(history, rid, number, '', 'failed', 'undelivered')
return {'failed', 'gateway', record.gateway}
