-- Undoes an issue whose job did not reach the queue. For a first send, the record is deleted. A further send gets the
-- status `failed`. A job that reached the queue after all then sends nothing.
--
-- KEYS[1] code record; KEYS[2] the phone's sends
-- ARGV[1] request id of the record; ARGV[2] number of the send
-- Answers {'refunded'} | {'refused'}: the record is about another send, or the send is no longer queued
--- @include "read"
local code, sends, rid, number = KEYS[1], KEYS[2], ARGV[1], ARGV[2]

local record = read(code, 'rid', 'sends', 'status')
if record.rid ~= rid or record.sends ~= number or record.status ~= 'queued' then return {'refused'} end
redis.call('ZREM', sends, rid .. '.' .. number)
if number == '1' then
  redis.call('DEL', code)
else
  redis.call('HSET', code, 'status', 'failed', 'reason', 'not_enqueued')
end
return {'refunded'}
