-- Counts a guess, compares the guess with the code, and marks a matching code as used, all in one step. Of several
-- callers at once, at most one uses the code. A code without guesses left keeps its record and the count of guesses.
--
-- Every request id of the code has guesses of its own. Guesses without an id share a count, and so do guesses with an
-- unknown id. A stranger does not know the ids of the owner, so a stranger's guesses cost the owner nothing.
--
-- An unknown id gets the same answer to a wrong guess as a request id of the code: the guesses of both are counted
-- by id in KEYS[2]. So an answer does not tell the holder of an id to which phone the id belongs.
--
-- A successful verify stores its act: a keyed hash of the caller's idempotency key and request body. For ARGV[10] ms
-- the same act gets the same answer, because the caller may have lost the first answer. Any other act is refused.
--
-- KEYS[1] code record; KEYS[2] guesses of this code by id, known or not
-- KEYS[3] the phone's missed guesses with a request id of the code; KEYS[4] the other missed guesses
-- KEYS[5] the phone's history
-- ARGV[1] request id of the caller, or ''; ARGV[2] keyed hash of this id, because a caller may send any text
-- ARGV[3] guesses per id, and per send without an id
-- ARGV[4], ARGV[5] a day, ms, and missed guesses per day with a request id of the code
-- ARGV[6], ARGV[7] a day, ms, and missed guesses per day without
-- ARGV[8] unique member for the set of missed guesses
-- ARGV[9] act of the caller, or ''; ARGV[10] ms from the successful verify for which its act is remembered
-- ARGV[11..] the digest of the guess under each key, as pairs of (key id, digest)
-- Answers {'verified', rid, is_mailed, asked_by, is_counted, at, is_again, gateway}: `is_counted` is 1 if the guard
--           against SMS pumping counts the verified code, for the address `asked_by`
--       | {'wrong', left}: guesses that are left for this id, or without an id
--       | {'no_key', key_id}: the caller lacks the key of the digest; no guess was counted
--       | {'throttled', wait}: ms until the next guess is allowed
--- @include "time"
--- @include "read-record"
--- @include "sliding-window"
--- @include "has-key"
--- @include "history"
local code, guesses_by_id, misses_with_id, misses_without_id, history = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local request_id, id_hash, guesses, day = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local member, act, act_ms = ARGV[8], ARGV[9], tonumber(ARGV[10])
local WITH_ID, WITHOUT_ID, DIGESTS = 4, 6, 11

local record = read_record(code, 'rid', 'sends', 'used', 'expires_at', 'key_id', 'digest', 'mail_state', 'asked_by',
  'is_counted', 'sent_at', 'reason', 'used_by', 'used_at', 'gateway', 'other_request_ids', 'guesses_without_id',
  'latest_expiry')

local function verified(at, is_again)
  local is_mailed = record.mail_state ~= 'none'
  -- The guard counts only what left by SMS. A mailed code counts if its newest send was accepted as an SMS before, or if
  -- an earlier send may have been.
  local may_have_left_as_sms = not is_mailed or record.sent_at or record.reason == 'undelivered'
    or tonumber(record.sends) > 1
  local is_counted = record.is_counted == '1' and may_have_left_as_sms
  return {'verified', 'rid', record.rid, 'is_mailed', is_mailed and 1 or 0, 'asked_by', record.asked_by,
    'is_counted', is_counted and 1 or 0, 'at', at, 'is_again', is_again, 'gateway', record.gateway}
end
if record.used == '1' and act ~= '' and record.used_by == act and now - record.used_at <= act_ms then
  return verified(tonumber(record.used_at), 1)
end

local has_id = request_id ~= ''
local misses, limit = misses_without_id, WITHOUT_ID
if has_id then misses, limit = misses_with_id, WITH_ID end
local wait_ms = wait(misses, limit, limit + 1)
if wait_ms > 0 then return {'throttled', 'wait', wait_ms} end
if not record.rid or record.used == '1' or tonumber(record.expires_at) <= now then return {'wrong', 'left', 0} end
if not has_key(record.key_id, DIGESTS, 2) then return {'no_key', 'key_id', record.key_id} end

local is_known = false
for id in string.gmatch(record.rid .. record.other_request_ids, '%S+') do is_known = is_known or id == request_id end
local guessed = tonumber(record.guesses_without_id)
local is_compared = is_known or (guessed < guesses and wait(misses_without_id, WITHOUT_ID, WITHOUT_ID + 1) <= 0)
if has_id then guessed = tonumber(redis.call('HGET', guesses_by_id, id_hash) or 0) end
if guessed >= guesses then return {'wrong', 'left', 0} end

if is_compared and not is_known then redis.call('HINCRBY', code, 'guesses_without_id', 1) end
-- The digests are HMACs under a key that no caller has, so the duration of the comparison reveals nothing. A match
-- deletes the guesses by id, so only a guess without a match is counted there.
for i = DIGESTS, #ARGV, 2 do
  if is_compared and ARGV[i] == record.key_id and ARGV[i + 1] == record.digest then
    redis.call('HSET', code, 'used', 1, 'used_by', act, 'used_at', now)
    redis.call('HDEL', code, 'digest', 'sealed')
    redis.call('DEL', guesses_by_id)
    note(history, record.rid, record.sends, '', 'used', '')
    return verified(now, 0)
  end
end
if has_id then
  redis.call('HINCRBY', guesses_by_id, id_hash, 1)
  redis.call('PEXPIREAT', guesses_by_id, record.latest_expiry)
end
local left_today = ARGV[limit + 1] - redis.call('ZCOUNT', misses, '(' .. (now - day), '+inf')
if is_compared then add(is_known and misses_with_id or misses_without_id, member, day) end
return {'wrong', 'left', math.max(0, math.min(guesses - guessed, left_today) - 1)}
