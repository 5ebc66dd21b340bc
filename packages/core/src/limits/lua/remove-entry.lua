-- Removes an entry from a list.
--
-- KEYS[1] the list; KEYS[2] version of the lists
-- ARGV[1] entry
-- Answers {'removed'} | {'absent'}
--- @include "time"
--- @include "list-version"
local list, version, entry = KEYS[1], KEYS[2], ARGV[1]

if redis.call('ZREM', list, entry) == 0 then return {'absent'} end
mark_changed(version)
return {'removed'}
