import { NOW } from './windows.ts'

/**
 * Count, compare and consume in one step: however many callers try at once, at most one wins and at most
 * `compares` compares happen. A dead code stays in place; deleting it would let a caller who raced past
 * the count find nothing and start anew.
 *
 * Guesses that carry the request id and guesses that do not are counted apart, per code and per day: a
 * stranger, who does not hold the id, cannot lock the owner out. By day, those with an id are counted by
 * who asked for the code, so a stranger who asks for one himself uses up only his own tries.
 *
 * The compare itself is of HMACs under a key the caller does not have, so its timing tells nothing.
 *
 * What used a code up is written down with it, where it has a name: whoever did not hear the answer and
 * repeats the very same act is told again, for a while, that it was right. Nothing else ever is.
 *
 * KEYS: the code record, the phone's misses with id, the phone's blind misses.
 * ARGV: request id or '', compares per code, misses per day, day ms, a unique member, the act or '',
 *       how many ms an act is remembered, then pairs of (kid, digest).
 * Answers {'ok', rid, channel, who asked, when ms, 1 if told again, gateway} | {'no', compares left} | {'throttled', ms to wait}.
 */
export const VERIFY = `
${NOW}
local code = KEYS[1]
local compares, perday, day = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local r = redis.call('HMGET', code, 'rid', 'used', 'exp', 'kid', 'digest', 'mailed', 'from',
  'act', 'used_at', 'gateway')
local channel = (r[6] or '0') ~= '0' and 'email' or 'sms'
if r[2] == '1' and ARGV[6] ~= '' and r[8] == ARGV[6] and now - r[9] <= tonumber(ARGV[7]) then
  return {'ok', r[1], channel, r[7], tonumber(r[9]), 1, r[10]}
end
local knows = r[1] and r[1] == ARGV[1]
local misses, counter, whose = KEYS[3], 'blind', ''
if knows then misses, counter, whose = KEYS[2], 'with_id', (r[7] or '') .. ':' end

local missed, oldest = 0, 0
local list = redis.call('ZRANGEBYSCORE', misses, now - day + 1, '+inf', 'WITHSCORES')
for i = 1, #list, 2 do
  if string.sub(list[i], 1, #whose) == whose then
    missed = missed + 1
    if missed == 1 then oldest = tonumber(list[i + 1]) end
  end
end
if missed >= perday then return {'throttled', oldest + day - now} end
if not r[1] or r[2] == '1' or tonumber(r[3]) <= now then return {'no', 0} end
local n = tonumber(redis.call('HGET', code, counter))
if n >= compares then return {'no', 0} end

n = redis.call('HINCRBY', code, counter, 1)
for i = 8, #ARGV, 2 do
  if ARGV[i] == r[4] and ARGV[i + 1] == r[5] then
    redis.call('HSET', code, 'used', 1, 'act', ARGV[6], 'used_at', now)
    redis.call('HDEL', code, 'digest', 'sealed')
    return {'ok', r[1], channel, r[7], now, 0, r[10]}
  end
end
redis.call('ZADD', misses, now, whose .. ARGV[5])
redis.call('ZREMRANGEBYSCORE', misses, '-inf', '(' .. (now - day))
redis.call('PEXPIRE', misses, day)
return {'no', math.min(compares - n, perday - missed - 1)}
`
