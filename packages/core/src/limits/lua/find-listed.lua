-- Finds which of a phone's names (its pseudonym and segments) are on each list, and answers all networks of the lists.
--
-- KEYS[1] allow list; KEYS[2] deny list; KEYS[3] version of the lists
-- ARGV[1..] names
-- Answers {'found', version, allow, deny}: for each list, a name that is on the list, or '', and a row {list, entry} for
-- each network
--- @include "time"
--- @include "lists"
local allow, deny = KEYS[1], KEYS[2]

local version = lists_version(allow, deny, KEYS[3])
local answer = {'found', 'version', version, 'allow', find_listed(allow, ARGV), 'deny', find_listed(deny, ARGV)}
return networks_of(allow, deny, answer)
