-- Undoes an issue whose job did not reach the queue. For a first send, the record is deleted. A further send gets the
-- status `failed`. A job that reached the queue after all then sends nothing.
--
-- KEYS[1] code record; KEYS[2] the phone's sends; KEYS[3] the phone's history
-- ARGV[1] request id of the record; ARGV[2] number of the send, or 0 for the send that was issued with the id ARGV[1]
-- Answers {'refunded'} | {'refused'}: the record is about another send, or a worker has claimed this send, so that
-- a message may have left
--- @include "time"
--- @include "read-record"
--- @include "send-unit"
--- @include "history"
local code, sends, history, rid, number = KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2]

local record = read_record(code, 'rid', 'sends', 'status', 'sending_at', 'other_request_ids')
if number == '0' and record.rid and string.match(record.rid .. record.other_request_ids, '%S+$') == rid then
  rid, number = record.rid, record.sends
end
if record.rid ~= rid or record.sends ~= number then return {'refused'} end
if record.status ~= 'queued' or record.sending_at then return {'refused'} end
give_back(sends, rid, number)
note(history, rid, number, '', 'failed', 'not_enqueued')
if number == '1' then
  redis.call('DEL', code)
else
  redis.call('HSET', code, 'status', 'failed', 'reason', 'not_enqueued')
end
return {'refunded'}
