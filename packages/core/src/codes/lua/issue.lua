-- Issues a code, or queues the live code once more, or refuses. A refusal changes nothing.
--
-- A live code is sent again and not replaced, because two messages that cross on their way must not carry two codes.
-- Each further send extends the code's life, up to twice ARGV[5] after the first issue. The script makes a new code
-- if the old code was used, has expired, or would live for less than half of ARGV[5]. Guesses never replace a code,
-- because a stranger's guesses would then invalidate the code that the owner has received. Instead every send adds a
-- request id with guesses of its own (verify.lua), and permits new guesses without an id.
--
-- KEYS[1] code record; KEYS[2] the phone's sends; KEYS[3] guesses by id (verify.lua)
-- ARGV[1] request id of this caller, and also the id of the record if the code is new
-- ARGV[2] id of the key that made the digest; ARGV[3] digest of a new code; ARGV[4] sealed mobile and code
-- ARGV[5] life of a code, ms; ARGV[6] ms from now after which no gateway is called
-- ARGV[7] ms to keep the record after the latest possible expiry
-- ARGV[8] pseudonym of the caller's address
-- ARGV[9] 1 if the guard against SMS pumping counts the sends of a new code, else 0
-- ARGV[10] when the send was counted in the budget, ms, or 0
-- ARGV[11] ms to keep a send for the windows of every scene, because all scenes share the phone's sends
-- ARGV[12..] windows of this scene as pairs of (ms, at most)
-- Answers {'issued', rid, sends, life, next_send_in}: the record's id, number of the send, ms of life, ms until the
--           next send is allowed
--       | {'throttled', window, wait}: the ms of the full window and the ms until one more send fits
--- @include "time"
--- @include "read"
--- @include "sliding-window"
local code, sends, guesses_by_id = KEYS[1], KEYS[2], KEYS[3]
local request_id, key_id, digest, sealed = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local life, send_within, keep = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local asked_by, is_counted, budget_unit, keep_sends = ARGV[8], ARGV[9], ARGV[10], tonumber(ARGV[11])
local WINDOWS = 12

local wait_ms, window = wait(sends, WINDOWS, #ARGV)
if wait_ms > 0 then return {'throttled', 'window', window, 'wait', wait_ms} end

local live = read(code, 'rid', 'expires_at', 'latest_expiry', 'sends', 'used', 'other_request_ids')
local is_live = live.rid and live.used == '0' and tonumber(live.expires_at) > now
  and math.min(now + life, tonumber(live.latest_expiry)) - now >= life / 2

local rid, number, latest_expiry = request_id, 1, now + 2 * life
if is_live then
  rid, number, latest_expiry = live.rid, live.sends + 1, tonumber(live.latest_expiry)
  redis.call('HSET', code, 'other_request_ids', live.other_request_ids .. ' ' .. request_id, 'guesses_without_id', 0)
  redis.call('HDEL', code, 'sending_at', 'sent_at', 'delivered_at', 'fell_back_at', 'failed_at')
else
  redis.call('DEL', code, guesses_by_id)
  redis.call('HSET', code, 'rid', rid, 'key_id', key_id, 'digest', digest, 'sealed', sealed, 'issued_at', now,
    'latest_expiry', latest_expiry, 'asked_by', asked_by, 'is_counted', is_counted, 'other_request_ids', '',
    'guesses_without_id', 0, 'used', 0, 'fence', 0, 'gateway', '', 'message_id', '',
    'called_at', 0, 'mail_state', 'none')
end
local expires_at = math.min(now + life, latest_expiry)
redis.call('HSET', code, 'status', 'queued', 'channel', 'sms', 'reason', '', 'sends', number, 'queued_at', now,
  'expires_at', expires_at, 'send_by', now + send_within, 'lease_until', 0, 'doubted_gateway', '', 'doubted_at', 0,
  'unresolved_doubt', 0, 'second_send_risked', 0, 'budget_unit', budget_unit, 'moves', 0, 'may_move', 1,
  'sms_doubted_gateway', '', 'sms_doubted_at', 0, 'sms_second_send_risked', 0)
redis.call('PEXPIREAT', code, latest_expiry + keep)

add(sends, rid .. '.' .. number, keep_sends)
return {'issued', 'rid', rid, 'sends', number, 'life', expires_at - now,
  'next_send_in', (wait(sends, WINDOWS, #ARGV))}
