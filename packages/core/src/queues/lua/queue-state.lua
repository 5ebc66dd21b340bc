-- Describes a queue: whether it is paused, its oldest job that no worker has taken, its sends that no gateway has
-- accepted, and the time since a gateway accepted a message. A send leaves these three structures when it ends.
-- The script looks at both ends of each structure: the oldest jobs are at one end, except among the delayed jobs,
-- where jobs of every age are due next.
--
-- KEYS[1] BullMQ's list of waiting jobs; KEYS[2] its list of active jobs; KEYS[3] its sorted set of delayed jobs
-- KEYS[4] BullMQ's hash of the queue's settings; KEYS[5] the mark of the last acceptance, which expires
-- ARGV[1] prefix of the keys of this queue's jobs; all keys of a queue share a hash slot
-- ARGV[2] how many jobs to look at, at each end; ARGV[3] ms for which the mark is kept
-- ARGV[4] the name of jobs that send nothing
-- Answers {'state', paused, untaken, unaccepted, sends, accepted_ago}: `paused` is 0 | 1; `untaken` and `unaccepted`
-- are the times at which the oldest such job was added, in ms since 1970 by the clock of its producer, or 0;
-- `sends` counts the sends that the script saw; `accepted_ago` is at most ARGV[3]
local waiting, active, delayed, settings, accepted = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local prefix, most, keep, check = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
--- @include "read"

local seen, untaken, unaccepted, sends = {}, 0, 0, 0
local function older(time, other) return other == 0 and time or math.min(time, other) end

local function look(command, key)
  for _, range in ipairs({{0, most - 1}, {-most, -1}}) do
    for _, id in ipairs(redis.call(command, key, range[1], range[2])) do
      local job = seen[id] and {} or read(prefix .. id, 'name', 'timestamp', 'ats')
      local added_at = tonumber(job.timestamp)
      seen[id] = true
      if added_at and job.name ~= check then
        sends, unaccepted = sends + 1, older(added_at, unaccepted)
        if key == waiting and not job.ats then untaken = older(added_at, untaken) end
      end
    end
  end
end

look('LRANGE', waiting)
look('LRANGE', active)
look('ZRANGE', delayed)
local left = redis.call('PTTL', accepted)
return {
  'state', 'paused', redis.call('HEXISTS', settings, 'paused'), 'untaken', untaken, 'unaccepted', unaccepted,
  'sends', sends, 'accepted_ago', keep - math.max(left, 0),
}
