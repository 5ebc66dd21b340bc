-- Issues a code, or queues the live code once more, or refuses. A refusal changes nothing.
--
-- A live code is sent again and not replaced, because two messages that cross on their way must not carry two codes.
-- Each further send extends the code's life, up to twice ARGV[5] after the first issue. The script makes a new code
-- if the old code was used, has expired, or would live for less than half of ARGV[5]. Guesses never replace a code,
-- because a stranger's guesses would then invalidate the code that the owner has received. Instead every send adds a
-- request id with guesses of its own (verify.lua), and permits new guesses without an id.
--
-- KEYS[1] code record; KEYS[2] the phone's sends; KEYS[3] the phone's history; KEYS[4] guesses by id (verify.lua)
-- ARGV[1] request id of this caller, and also the id of the record if the code is new
-- ARGV[2] id of the key that made the digest; ARGV[3] digest of a new code; ARGV[4] sealed mobile and code
-- ARGV[5] life of a code, ms; ARGV[6] ms from now after which no gateway is called
-- ARGV[7] ms to keep the record after the latest possible expiry
-- ARGV[8] pseudonym of the caller's address
-- ARGV[9] 1 if the guard against SMS pumping counts the sends of a new code, else 0
-- ARGV[10] when the send was counted in the budget, ms, or 0
-- ARGV[11] ms to keep a send for the windows of every scene, because all scenes share the phone's sends
-- ARGV[12] scene; ARGV[13] ms to keep the history, 0 for no history
-- ARGV[14..] windows of this scene as pairs of (ms, at most)
-- Answers {'issued', rid, sends, life, next_send_in}: the record's id, number of the send, ms of life, ms until the
--           next send is allowed
--       | {'throttled', window, wait}: the ms of the full window and the ms until one more send fits
--- @include "time"
--- @include "read-record"
--- @include "sliding-window"
--- @include "send-unit"
--- @include "history"
local code, sends, history, guesses_by_id = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local request_id, key_id, digest, sealed = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local life, send_within, keep = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local asked_by, is_counted, budget_unit, keep_sends = ARGV[8], ARGV[9], ARGV[10], tonumber(ARGV[11])
local scene, keep_history = ARGV[12], tonumber(ARGV[13])
local WINDOWS = 14

local wait_ms, window = wait(sends, WINDOWS, #ARGV)
if wait_ms > 0 then return {'throttled', 'window', window, 'wait', wait_ms} end

local live = read_record(code, 'rid', 'expires_at', 'latest_expiry', 'sends', 'used', 'other_request_ids')
local is_live = live.rid and live.used == '0' and tonumber(live.expires_at) > now
  and math.min(now + life, tonumber(live.latest_expiry)) - now >= life / 2

local rid, number, latest_expiry, new_code = request_id, 1, now + 2 * life, {}
if is_live then
  rid, number, latest_expiry = live.rid, live.sends + 1, tonumber(live.latest_expiry)
  redis.call('HSET', code, 'other_request_ids', live.other_request_ids .. ' ' .. request_id)
  redis.call('HDEL', code, 'guesses_without_id', 'channel', 'reason', 'moves', 'may_move', 'sending_at', 'sent_at',
    'delivered_at', 'fell_back_at', 'failed_at', 'lease_until', 'doubted_gateway', 'doubted_at', 'unresolved_doubt',
    'second_send_risked', 'sms_doubted_gateway', 'sms_doubted_at', 'sms_second_send_risked')
else
  redis.call('DEL', code, guesses_by_id)
  new_code = {'rid', rid, 'key_id', key_id, 'digest', digest, 'sealed', sealed, 'latest_expiry', latest_expiry,
    'asked_by', asked_by, 'is_counted', is_counted}
end
local expires_at = math.min(now + life, latest_expiry)
-- All other fields have their defaults, see read-record.lua.
redis.call('HSET', code, 'status', 'queued', 'sends', number, 'queued_at', now, 'expires_at', expires_at,
  'send_by', now + send_within, 'budget_unit', budget_unit, unpack(new_code))
redis.call('PEXPIREAT', code, latest_expiry + keep)

add(sends, unit_of(rid, number), keep_sends)
if keep_history > 0 then
  local request = rid == request_id and '-' or string.sub(request_id, 24)
  local header = string.sub(rid, 24) .. '.' .. number .. ' ' .. request .. ' ' .. scene .. ' ' .. now
  add_request(history, keep_history, keep_history, header)
end
return {'issued', 'rid', rid, 'sends', number, 'life', expires_at - now,
  'next_send_in', (wait(sends, WINDOWS, #ARGV))}
