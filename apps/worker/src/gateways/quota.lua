-- Counts a message in a gateway's quota of one phone, or refuses the message if the quota is full. A message is
-- counted only once. Otherwise its first try could be the reason to refuse its repeat after an unclear answer.
--
-- KEYS[1] sorted set of the phone: members `<gateway>|<message id>` by the time at which they were counted, ms
-- ARGV[1] gateway
-- ARGV[2] message id
-- ARGV[3..] windows of a day or less, each as its length in ms and the most messages in it
-- Answers {'taken'} | {'again'} | {'full'}
--- @include "time"
local quota, gateway, message = KEYS[1], ARGV[1], ARGV[2]
local prefix = gateway .. '|'
local day = 86400000

if redis.call('ZSCORE', quota, prefix .. message) then return {'again'} end

-- A phone has few members, because the windows of all gateways are small.
redis.call('ZREMRANGEBYSCORE', quota, '-inf', now - day)
local counted_at = {}
local entries = redis.call('ZRANGE', quota, 0, -1, 'WITHSCORES')
for i = 1, #entries, 2 do
  if string.sub(entries[i], 1, #prefix) == prefix then table.insert(counted_at, tonumber(entries[i + 1])) end
end

for i = 3, #ARGV, 2 do
  local window, most, count = tonumber(ARGV[i]), tonumber(ARGV[i + 1]), 0
  for _, at in ipairs(counted_at) do
    if at > now - window then count = count + 1 end
  end
  if count >= most then return {'full'} end
end

redis.call('ZADD', quota, now, prefix .. message)
redis.call('PEXPIRE', quota, day)
return {'taken'}
