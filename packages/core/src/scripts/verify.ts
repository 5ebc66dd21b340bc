import { NOW } from './windows.ts'

/**
 * Count, compare and consume in one step: however many callers try at once, at most one wins and at most
 * `compares` compares happen. A dead code stays in place; deleting it would let a caller who raced past
 * the count find nothing and start anew.
 *
 * Guesses that carry the request id and guesses that do not are counted apart, per code and per day: a
 * stranger, who does not hold the id, cannot lock the owner out.
 *
 * The compare itself is of HMACs under a key the caller does not have, so its timing tells nothing.
 *
 * KEYS: the code record, the phone's misses with id, the phone's blind misses.
 * ARGV: request id or '', compares per code, misses per day, day ms, a unique member,
 *       then pairs of (kid, digest).
 * Answers {'ok', rid, channel, who asked} | {'no', compares left} | {'throttled', ms to wait}.
 */
export const VERIFY = `
${NOW}
local code = KEYS[1]
local compares, perday, day = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local r = redis.call('HMGET', code, 'rid', 'used', 'exp', 'kid', 'digest', 'channel', 'from')
local knows = r[1] and r[1] == ARGV[1]
local misses, counter = KEYS[3], 'blind'
if knows then misses, counter = KEYS[2], 'with_id' end

local nth = redis.call('ZREVRANGE', misses, perday - 1, perday - 1, 'WITHSCORES')
if nth[2] and nth[2] + day > now then return {'throttled', nth[2] + day - now} end
if not r[1] or r[2] == '1' or tonumber(r[3]) <= now then return {'no', 0} end
local n = tonumber(redis.call('HGET', code, counter))
if n >= compares then return {'no', 0} end

n = redis.call('HINCRBY', code, counter, 1)
for i = 6, #ARGV, 2 do
  if ARGV[i] == r[4] and ARGV[i + 1] == r[5] then
    redis.call('HSET', code, 'used', 1)
    redis.call('HDEL', code, 'digest', 'sealed')
    return {'ok', r[1], r[6], r[7]}
  end
end
redis.call('ZADD', misses, now, ARGV[5])
redis.call('ZREMRANGEBYSCORE', misses, '-inf', '(' .. (now - day))
redis.call('PEXPIRE', misses, day)
return {'no', math.min(compares - n, perday - redis.call('ZCARD', misses))}
`
