-- Counts a send or a verified code in the groups of the guard against SMS pumping. A repeated call changes nothing.
--
-- A verified code has the time of its newest counted send, so both leave the window of a group together. A group
-- therefore never has more verified codes than sends.
--
-- KEYS for each group two sorted sets with one hash tag: its sends, its verified codes
-- ARGV[1] id of the code
-- ARGV[2] number of the code's newest send
-- ARGV[3] 'sent': a gateway accepted this send
--       | 'verified': the code was verified, which proves that an SMS left, so its send counts at the latest now
--       | 'verified_maybe_by_mail': the same, but the code counts only if one of its sends was counted
-- ARGV[4..] for each group its window, ms
-- Answers {'counted'}
--- @include "time"
local code, newest, event = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local WINDOWS = 4

local function add(key, at, member, window)
  redis.call('ZADD', key, 'NX', at, member)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', '(' .. (now - window))
  redis.call('PEXPIRE', key, window)
end

for group = 1, #KEYS / 2 do
  local sends, verified, window = KEYS[2 * group - 1], KEYS[2 * group], tonumber(ARGV[WINDOWS + group - 1])
  local sent_at = false
  for number = newest, event == 'sent' and newest or 1, -1 do
    sent_at = sent_at or redis.call('ZSCORE', sends, code .. '.' .. number)
  end
  if not sent_at and event ~= 'verified_maybe_by_mail' then
    sent_at = now
    add(sends, now, code .. '.' .. newest, window)
  end
  if sent_at and event ~= 'sent' then add(verified, sent_at, code, window) end
end
return {'counted'}
