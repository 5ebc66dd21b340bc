-- Finds which of a phone's names (its pseudonym and segments) are on each list. A caller whose copy of the networks is
-- old also gets all networks.
--
-- KEYS[1] allow list; KEYS[2] deny list; KEYS[3] version of the lists
-- ARGV[1] version that the caller knows; ARGV[2..] names
-- Answers {'found', version, allow, deny}: for each list, a name that is on the list, or ''. A caller with an old
-- version also gets a row {list, entry} for each network
--- @include "time"
--- @include "list-version"
--- @include "lists"
local allow, deny, known_version = KEYS[1], KEYS[2], ARGV[1]

local names = {unpack(ARGV, 2)}
local version = lists_version(allow, deny, KEYS[3])
local answer = {'found', 'version', version, 'allow', find_listed(allow, names), 'deny', find_listed(deny, names)}
return version == known_version and answer or networks_of(allow, deny, answer)
