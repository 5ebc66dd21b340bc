-- Counts a guess, compares the guess with the code, and marks a matching code as used, all in one step. Of several
-- callers at once, at most one uses the code. A code without guesses left keeps its record and the count of guesses.
--
-- Guesses that carry the request id are counted apart from other guesses, per code and per day. A stranger, who does
-- not know the id, cannot use up the owner's guesses. The count per day of guesses with the id is kept per address
-- that asked for the code. A stranger who asks for a code therefore uses up only the guesses of their own address.
--
-- A successful verify stores its act: a keyed hash of the caller's idempotency key and request body. For ARGV[7] ms
-- the same act gets the same answer, because the caller may have lost the first answer. Any other act is refused.
--
-- KEYS[1] code record
-- KEYS[2] the phone's missed guesses with a request id; KEYS[3] the missed guesses without a request id
-- ARGV[1] request id of the caller, or ''
-- ARGV[2] guesses per code; ARGV[3] missed guesses per day; ARGV[4] a day, ms
-- ARGV[5] unique member for the set of missed guesses
-- ARGV[6] act of the caller, or ''; ARGV[7] ms from the successful verify for which its act is remembered
-- ARGV[8..] the digest of the guess under each key, as pairs of (key id, digest)
-- Answers {'verified', rid, sends, is_mailed, asked_by, is_counted, at, is_again, gateway}
--       | {'wrong', left}: guesses that are left
--       | {'throttled', wait}: ms until the next guess is allowed
--- @include "time"
--- @include "read"
local code, misses_with_id, misses_without_id = KEYS[1], KEYS[2], KEYS[3]
local request_id, guesses, misses_per_day, day = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local member, act, act_ms = ARGV[5], ARGV[6], tonumber(ARGV[7])
local DIGESTS = 8

local record = read(code, 'rid', 'sends', 'used', 'expires_at', 'key_id', 'digest', 'mail_state', 'asked_by',
  'is_counted', 'used_by', 'used_at', 'gateway', 'guesses_with_id', 'guesses_without_id')

local function verified(at, is_again)
  return {'verified', 'rid', record.rid, 'sends', record.sends, 'is_mailed', record.mail_state == 'none' and 0 or 1,
    'asked_by', record.asked_by, 'is_counted', record.is_counted, 'at', at, 'is_again', is_again,
    'gateway', record.gateway}
end
if record.used == '1' and act ~= '' and record.used_by == act and now - record.used_at <= act_ms then
  return verified(tonumber(record.used_at), 1)
end

local misses, counter, prefix = misses_without_id, 'guesses_without_id', ''
if record.rid and record.rid == request_id then
  misses, counter, prefix = misses_with_id, 'guesses_with_id', record.asked_by .. ':'
end
local missed, oldest = 0, 0
local entries = redis.call('ZRANGEBYSCORE', misses, now - day + 1, '+inf', 'WITHSCORES')
for i = 1, #entries, 2 do
  if string.sub(entries[i], 1, #prefix) == prefix then
    missed = missed + 1
    if missed == 1 then oldest = tonumber(entries[i + 1]) end
  end
end
if missed >= misses_per_day then return {'throttled', 'wait', oldest + day - now} end
if not record.rid or record.used == '1' or tonumber(record.expires_at) <= now then return {'wrong', 'left', 0} end
if tonumber(record[counter]) >= guesses then return {'wrong', 'left', 0} end

local guess = redis.call('HINCRBY', code, counter, 1)
-- The digests are HMACs under a key that no caller has, so the duration of the comparison reveals nothing.
for i = DIGESTS, #ARGV, 2 do
  if ARGV[i] == record.key_id and ARGV[i + 1] == record.digest then
    redis.call('HSET', code, 'used', 1, 'used_by', act, 'used_at', now)
    redis.call('HDEL', code, 'digest', 'sealed')
    return verified(now, 0)
  end
end
redis.call('ZADD', misses, now, prefix .. member)
redis.call('ZREMRANGEBYSCORE', misses, '-inf', '(' .. (now - day))
redis.call('PEXPIRE', misses, day)
return {'wrong', 'left', math.max(0, math.min(guesses - guess, misses_per_day - missed - 1))}
