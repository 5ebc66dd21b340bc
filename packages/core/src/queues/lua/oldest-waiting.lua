-- Finds the job that has waited longest for its first worker, and answers when that job was added. A job that a
-- worker had before returns to the same list. The script skips such a job, because its age shows no backlog.
--
-- KEYS[1] BullMQ's list of waiting jobs, the oldest last
-- ARGV[1] prefix of the keys of this queue's jobs; all keys of a queue share a hash slot
-- ARGV[2] how many jobs to look at
-- Answers {'waiting', added_at}: `added_at` in ms since 1970 by the clock of the producer | {'empty'}
local waiting, prefix, most = KEYS[1], ARGV[1], ARGV[2]

local ids = redis.call('LRANGE', waiting, '-' .. most, -1)
for i = #ids, 1, -1 do
  local added_at, started_attempts = unpack(redis.call('HMGET', prefix .. ids[i], 'timestamp', 'ats'))
  if added_at and not started_attempts then return {'waiting', 'added_at', tonumber(added_at)} end
end
return {'empty'}
