/**
 * Writes what became of a claim; only the holder of the newest fence can, and a terminal status is
 * written once. "queued" gives the claim back for a later try. "failed" gives the phone its slot back, where
 * certainly nothing was sent.
 * Fence '*' belongs to whoever buries a job that can no longer run.
 *
 * KEYS: the code record, the phone's sends.
 * ARGV: rid, send number, fence, status, gateway, message id, channel, doubt, extra, reason.
 * Answers {1} written or {0} not ours to write.
 */
export const SETTLE = `
local r = redis.call('HMGET', KEYS[1], 'rid', 'sends', 'status', 'fence', 'doubt')
if r[1] ~= ARGV[1] or r[2] ~= ARGV[2] then return {0} end
if r[3] ~= 'queued' and r[3] ~= 'sending' then return {0} end
if ARGV[3] ~= '*' and r[4] ~= ARGV[3] then return {0} end
local status = ARGV[4]
redis.call('HSET', KEYS[1], 'status', status, 'lease', 0, 'gateway', ARGV[5], 'message_id', ARGV[6],
  'channel', ARGV[7], 'doubt', ARGV[8], 'extra', ARGV[9], 'reason', ARGV[10])
-- A claim that is buried in the middle of its call leaves a doubt like any other.
local certain = r[5] == '' and ARGV[8] == '' and not (ARGV[3] == '*' and r[3] == 'sending')
if status == 'failed' and certain then redis.call('ZREM', KEYS[2], ARGV[1] .. '.' .. ARGV[2]) end
return {1}
`
