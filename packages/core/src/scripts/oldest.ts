/**
 * When the job was made that has waited longest for a worker. Jobs that a worker had before come back to the
 * same list, old as they are, and say nothing about a backlog: they are passed over.
 *
 * KEYS: the list of waiting jobs, oldest last. ARGV: what stands before a job's id in its key, how many to look at.
 *   The keys of a queue share a slot.
 * Answers {ms, by the clock of whoever made it} or {0} (none).
 */
export const OLDEST = `
local ids = redis.call('LRANGE', KEYS[1], '-' .. ARGV[2], -1)
for i = #ids, 1, -1 do
  local job = redis.call('HMGET', ARGV[1] .. ids[i], 'timestamp', 'ats')
  if job[1] and not job[2] then return {tonumber(job[1])} end
end
return {0}
`
