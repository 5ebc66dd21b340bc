-- mark_changed(key): gives the lists a new version, so that each process fetches the networks again.
-- The function needs `time` from time.lua.
local function mark_changed(key) redis.call('SET', key, time[1] .. '.' .. time[2]) end
