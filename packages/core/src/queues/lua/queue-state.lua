-- Describes a queue: whether it is paused, its oldest job that no worker has taken, its sends that no gateway has
-- accepted, and for how long sends have waited while no gateway accepted any ("stalled"). A send leaves the three
-- structures when it ends. The script looks at both ends of each structure. The oldest waiting and active jobs are at
-- one end; the delayed jobs are sorted by the time at which they are due, so the oldest may be anywhere.
--
-- A worker sets the mark to 1 when a gateway accepts a message. If a send ends and no gateway accepted it, a worker
-- decrements the mark, which keeps its expiry. After three such ends the queue is stalled until the next acceptance, even
-- without sends. Fewer may be the fault of one phone.
--
-- KEYS[1] BullMQ's list of waiting jobs; KEYS[2] its list of active jobs; KEYS[3] its sorted set of delayed jobs
-- KEYS[4] BullMQ's hash of the queue's settings; KEYS[5] the mark of the last acceptance, which expires
-- ARGV[1] prefix of the keys of this queue's jobs; all keys of a queue share a hash slot
-- ARGV[2] how many jobs to look at, at each end; ARGV[3] ms for which the mark is kept
-- ARGV[4] the time in ms since 1970 by the clock of the producers
-- ARGV[5] ms after which a send that no gateway has accepted is overdue
-- Answers {'state', paused, untaken, unaccepted, sends, overdue, stalled}: `paused` is 0 | 1; `untaken` and `unaccepted` are the
-- ages of the oldest such jobs in ms, or -1 if there is no such job; `sends` and `overdue` count the sends that the script saw;
-- `stalled` is in ms, at most ARGV[3], or 0
local waiting, active, delayed, settings, accepted = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local prefix, most, keep = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local now, overdue_after = tonumber(ARGV[4]), tonumber(ARGV[5])
--- @include "read"

local seen, untaken, unaccepted, sends, overdue = {}, -1, -1, 0, 0

local function look(command, key)
  for first, last in pairs({[0] = most - 1, [-most] = -1}) do
    for _, id in ipairs(redis.call(command, key, first, last)) do
      local job = seen[id] and {} or read(prefix .. id, 'timestamp', 'ats', 'atm')
      local added_at = tonumber(job.timestamp)
      seen[id] = true
      if added_at then
        -- The clock of the host that added the job may be ahead.
        local age = math.max(0, now - added_at)
        -- A job that has started, but not failed, is being sent, or is left to another worker, or waits for a rate. It
        -- says nothing about the gateways.
        local is_due = not job.ats or job.atm
        if is_due or key == active then sends = sends + 1 end
        if is_due then unaccepted = math.max(unaccepted, age) end
        if is_due and age > overdue_after then overdue = overdue + 1 end
        if key == waiting and not job.ats then untaken = math.max(untaken, age) end
      end
    end
  end
end

look('LRANGE', waiting)
look('LRANGE', active)
look('ZRANGE', delayed)
local accepted_ago = keep - math.max(0, redis.call('PTTL', accepted))
local has_lost_sends = tonumber(redis.call('GET', accepted) or 1) <= -2
local stalled = has_lost_sends and accepted_ago or math.max(0, math.min(unaccepted, accepted_ago))
return {
  'state', 'paused', redis.call('HEXISTS', settings, 'paused'), 'untaken', untaken, 'unaccepted', unaccepted,
  'sends', sends, 'overdue', overdue, 'stalled', stalled,
}
