-- Describes a queue: how many jobs it has, whether it is paused, its oldest job that no worker has taken, and its sends
-- that no gateway has accepted. A send leaves the structures of waiting, active and delayed jobs when it ends. The script
-- looks at both ends of each of the three. The oldest waiting and active jobs are at one end; the delayed jobs are sorted
-- by the time at which they are due, so the oldest may be anywhere.
--
-- KEYS[1] BullMQ's list of waiting jobs; KEYS[2] its list of active jobs; KEYS[3] its sorted set of delayed jobs
-- KEYS[4] BullMQ's sorted set of failed jobs; KEYS[5] BullMQ's hash of the queue's settings
-- ARGV[1] prefix of the keys of this queue's jobs; all keys of a queue share a hash slot
-- ARGV[2] how many jobs to look at, at each end
-- ARGV[3] the time in ms since 1970 by the clock of the producers
-- ARGV[4] ms after which a send that no gateway has accepted is overdue
-- Answers {'state', waiting, active, delayed, failed, paused, untaken, unaccepted, sends, overdue}: the first four count the
-- jobs; `paused` is 0 | 1; `untaken` and `unaccepted` are the ages of the oldest such jobs in ms, or -1 if there is no such
-- job; `sends` and `overdue` count the sends that the script saw
local waiting, active, delayed, failed, settings = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local prefix, most = ARGV[1], tonumber(ARGV[2])
local now, overdue_after = tonumber(ARGV[3]), tonumber(ARGV[4])
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
return {
  'state', 'waiting', redis.call('LLEN', waiting), 'active', redis.call('LLEN', active),
  'delayed', redis.call('ZCARD', delayed), 'failed', redis.call('ZCARD', failed),
  'paused', redis.call('HEXISTS', settings, 'paused'), 'untaken', untaken, 'unaccepted', unaccepted,
  'sends', sends, 'overdue', overdue,
}
