-- Finds which of a phone's names (its pseudonym and segments) are on each list, and removes expired entries.
-- A caller whose copy of the networks is old also gets all networks.
--
-- KEYS[1] allow list, KEYS[2] deny list: sorted sets of entries by the time at which they end
-- KEYS[3] version of the lists
-- ARGV[1] version that the caller knows; ARGV[2..] names
-- Answers {'found', version, allow, deny}: for each list, a name that is on the list, or ''. A caller with an old
-- version also gets a row {list, entry} for each network
--- @include "time"
--- @include "list-version"
local lists = {allow = KEYS[1], deny = KEYS[2]}
local version_key, known_version = KEYS[3], ARGV[1]

local removed = 0
for _, key in pairs(lists) do removed = removed + redis.call('ZREMRANGEBYSCORE', key, '-inf', now) end
if removed > 0 then mark_changed(version_key) end

local function find(key)
  if redis.call('EXISTS', key) == 0 then return '' end
  for i = #ARGV, 2, -1 do
    if redis.call('ZSCORE', key, ARGV[i]) then return ARGV[i] end
  end
  return ''
end

local version = redis.call('GET', version_key) or ''
local answer = {'found', 'version', version, 'allow', find(lists.allow), 'deny', find(lists.deny)}
if version == known_version then return answer end

for name, key in pairs(lists) do
  for _, entry in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    if string.find(entry, '/', 1, true) then table.insert(answer, {'network', 'list', name, 'entry', entry}) end
  end
end
return answer
