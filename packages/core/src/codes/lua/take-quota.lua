-- take_quota(quota, gateway, message, windows): counts a message in a gateway's quota of one phone and answers 'taken',
-- or answers 'full'. A message is counted only once, and its repeat gets 'again'. Otherwise its first try could be the
-- reason to refuse its repeat after an unclear answer. `now` comes from time.lua.
--   quota    sorted set of the phone: members `<gateway>|<message id>` by the time at which they were counted, ms
--   windows  windows of a day or less, such as '30000:1 86400000:5': one message in 30 s and five in a day
local function take_quota(quota, gateway, message, windows)
  local day, prefix = 86400000, gateway .. '|'
  -- A phone has few members, because the windows of all gateways are small.
  local entries, counted_at = redis.call('ZRANGE', quota, 0, -1, 'WITHSCORES'), {}
  for i = 1, #entries, 2 do
    if entries[i] == prefix .. message then return 'again' end
    if string.sub(entries[i], 1, #prefix) == prefix then table.insert(counted_at, tonumber(entries[i + 1])) end
  end
  for window, most in string.gmatch(windows, '(%d+):(%d+)') do
    local count = 0
    for _, at in ipairs(counted_at) do
      if at > now - window then count = count + 1 end
    end
    if count >= tonumber(most) then return 'full' end
  end
  redis.call('ZADD', quota, now, prefix .. message)
  if #entries > 0 then redis.call('ZREMRANGEBYSCORE', quota, '-inf', now - day) end
  redis.call('PEXPIRE', quota, day)
  return 'taken'
end
