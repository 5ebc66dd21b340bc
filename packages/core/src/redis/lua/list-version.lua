-- mark_changed(key): gives the lists a new version, so that each process fetches the networks again. Answers the
-- version. The function needs `time` from time.lua.
local function mark_changed(key)
  local version = time[1] .. '.' .. time[2]
  redis.call('SET', key, version)
  return version
end
