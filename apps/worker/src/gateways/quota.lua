-- Counts a message in a gateway's quota of one phone, or refuses it and changes nothing. A message that is already
-- counted is not counted again: its repeat after an unclear answer must not be refused because of its first try.
--
-- KEYS[1] sorted set of the phone: members `<gateway>|<message id>` by the time at which they were counted, ms
-- ARGV[1] gateway
-- ARGV[2] message id
-- ARGV[3..] windows as pairs of (ms, at most)
--
-- Answers {'taken'} | {'again'} | {'full'}
--- @include "time"
local quota, gateway, message = KEYS[1], ARGV[1], ARGV[2]
local prefix = gateway .. '|'

if redis.call('ZSCORE', quota, prefix .. message) then return {'again'} end

local longest = 0
for i = 3, #ARGV, 2 do longest = math.max(longest, tonumber(ARGV[i])) end

-- A phone has few members, because the windows of all gateways are small.
local counted_at, expired = {}, {}
local entries = redis.call('ZRANGE', quota, 0, -1, 'WITHSCORES')
for i = 1, #entries, 2 do
  local member, at = entries[i], tonumber(entries[i + 1])
  if string.sub(member, 1, #prefix) == prefix then
    if at > now - longest then
      table.insert(counted_at, at)
    else
      table.insert(expired, member)
    end
  end
end

for i = 3, #ARGV, 2 do
  local window, most = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  local count = 0
  for _, at in ipairs(counted_at) do
    if at > now - window then count = count + 1 end
  end
  if count >= most then return {'full'} end
end

if #expired > 0 then redis.call('ZREM', quota, unpack(expired)) end
redis.call('ZADD', quota, now, prefix .. message)
-- The members of other gateways may be kept for longer.
if redis.call('PTTL', quota) < longest then redis.call('PEXPIRE', quota, longest) end
return {'taken'}
