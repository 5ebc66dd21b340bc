-- The allow list and the deny list: sorted sets of entries by the time at which an entry ends. `version` is a key that
-- changes with the lists, so that each process fetches the networks again. It does not exist until an entry is put on a
-- list. This file needs `now` and `time` from time.lua.

-- lists_version(allow, deny, version): removes expired entries and answers the version, '' while the lists are empty.
local function lists_version(allow, deny, version)
  local current = redis.call('GET', version)
  if not current then return '' end
  local removed = redis.call('ZREMRANGEBYSCORE', allow, '-inf', now) + redis.call('ZREMRANGEBYSCORE', deny, '-inf', now)
  if removed == 0 then return current end
  redis.call('SET', version, time[1] .. '.' .. time[2])
  return redis.call('GET', version)
end

-- find_listed(list, names): answers the last of the names that is on the list, or ''.
local function find_listed(list, names)
  local scores = redis.call('ZMSCORE', list, unpack(names))
  for i = #names, 1, -1 do
    if scores[i] then return names[i] end
  end
  return ''
end

-- networks_of(allow, deny, answer): adds a row {list, entry} for each network to the answer.
local function networks_of(allow, deny, answer)
  for name, key in pairs({allow = allow, deny = deny}) do
    for _, entry in ipairs(redis.call('ZRANGE', key, 0, -1)) do
      if string.find(entry, '/', 1, true) then table.insert(answer, {'network', 'list', name, 'entry', entry}) end
    end
  end
  return answer
end
