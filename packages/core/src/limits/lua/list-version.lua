-- mark_changed(key): gives the lists a new version, so that processes refetch their copy of the networks.
-- Needs `time` from time.lua.
local function mark_changed(key) redis.call('SET', key, time[1] .. '.' .. time[2]) end
