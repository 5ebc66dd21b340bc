-- Checks a send that this worker cannot deliver, because the send's job has a newer version. Fails the send if its
-- time is over and the send has not ended.
--
-- KEYS[1] code record; KEYS[2] the phone's sends
-- ARGV[1] request id of the record; ARGV[2] number of the send
-- Answers {'open'}: the send has not ended | {'done'}: ended, with time left | {'over'}: replaced, or its time is up
--       | {'used'}: the code was used, so the send is `sent` now
--       | {'late', budget_unit}: the send fails now; `budget_unit` is the time of the unit to give back, or 0
--- @include "time"
--- @include "read-record"
--- @include "send-unit"
--- @include "end-late"
local code, sends, rid, number = KEYS[1], KEYS[2], ARGV[1], ARGV[2]

local record = read_record(code, 'rid', 'sends', 'status', 'used', 'expires_at', 'send_by', 'lease_until', 'doubted_gateway',
  'unresolved_doubt', 'channel', 'reason')
if record.rid ~= rid or record.sends ~= number then return {'over'} end
local is_sending = record.status == 'sending'
local is_open = record.status == 'queued' or is_sending
local has_time = math.min(tonumber(record.expires_at), tonumber(record.send_by)) > now
if has_time then return {is_open and 'open' or 'done'} end
if not is_open then return {'over'} end
if is_sending and tonumber(record.lease_until) > now then return {'open'} end
if record.used == '1' then
  redis.call('HSET', code, 'status', 'sent', 'sent_at', now)
  return {'used'}
end
if record.channel == 'email' and record.reason == 'missing' then
  -- A gateway had accepted the SMS and the mail was only a follow-up, so the status goes back to `sent`.
  redis.call('HSET', code, 'status', 'sent', 'channel', 'sms')
  return {'over'}
end
-- The worker whose claim has ended may have called its gateway.
local is_certain = not is_sending and record.doubted_gateway == '' and record.unresolved_doubt == '0'
return {'late', 'budget_unit', end_late(code, sends, rid, number, is_certain)}
