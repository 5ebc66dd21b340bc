-- Puts an entry on one list and removes it from the other.
--
-- KEYS[1] the list; KEYS[2] the other list; KEYS[3] version of the lists
-- ARGV[1] entry; ARGV[2] ms until the entry ends, 0 for no end
-- Answers {'put'}
--- @include "time"
--- @include "list-version"
local list, other, version = KEYS[1], KEYS[2], KEYS[3]
local entry, lasts = ARGV[1], tonumber(ARGV[2])

redis.call('ZREM', other, entry)
redis.call('ZADD', list, lasts > 0 and now + lasts or '+inf', entry)
mark_changed(version)
return {'put'}
