/**
 * Undoes an issue whose job never reached the queue. A first send leaves no trace; a re-send is closed,
 * so that a job which did get in after all sends nothing.
 *
 * KEYS: the code record, the phone's sends. ARGV: rid, send number. Answers {1} or {0} (not its send).
 */
export const REFUND = `
local r = redis.call('HMGET', KEYS[1], 'rid', 'sends', 'status')
if r[1] ~= ARGV[1] or r[2] ~= ARGV[2] or r[3] ~= 'queued' then return {0} end
redis.call('ZREM', KEYS[2], ARGV[1] .. '.' .. ARGV[2])
if ARGV[2] == '1' then
  redis.call('DEL', KEYS[1])
else
  redis.call('HSET', KEYS[1], 'status', 'failed', 'reason', 'not_enqueued')
end
return {1}
`
