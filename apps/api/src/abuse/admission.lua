-- Decides about a request for a message in one step. The order of the decisions: attempts; proof; picture; deny list and
-- guard; limits of sends. An attempt counts whatever follows. Limits of sends are taken all or none. A denied request is
-- counted like a request for a phone with a full limit: in address, subnet and limit key only. A send on the allow list
-- counts only in the budget and for the API key. A call with an API key is no attempt.
--
-- KEYS[1] attempts of the address; KEYS[2] of its subnet
-- KEYS[3] sends of the address; KEYS[4] of its subnet; KEYS[5] of the number segment
-- KEYS[6] sends of the country; KEYS[7] of the budget
-- KEYS[8..10] counts of the guard's groups (segment, address, service); KEYS[11..13] their marks; KEYS[14..16] the counts
--             of their marks
-- KEYS[17] allow list; KEYS[18] deny list; KEYS[19] version of the lists
-- KEYS[20] sends of the API key, if the call has one; KEYS[21] sends of its limit key, if it names one
-- ARGV[1] version of the networks that the caller knows
-- ARGV[2] 1 if the caller found an entry of the allow list; ARGV[3] 1 if it found one of the deny list, else 0
-- ARGV[4] names of the phone in the lists, separated by spaces
-- ARGV[5] 1 if the picture and proof of the request are right, else 0; ARGV[6] 1 if the request has a proof, else 0
-- ARGV[7] index of the API key in `back_ends`, 0 without one
-- ARGV[8] index of the country in `countries`, 0 for a country without a limit
-- Constant `rules`: `limits` of KEYS[1..7], each with `name`, `parts` and `windows`, a list of (most, seconds);
--         `countries`: those of the countries with a limit; `back_ends`: those of the API keys; `limit_key`: that of all
--         limit keys; `proof_after`: an address with more attempts needs a proof; `groups`: the guard's rules of its
--         groups (guard.lua), or an empty list
-- Answers {'lists', version}, a row {list, entry} for each network: the caller's networks are old, and the script has
--           changed nothing
--       | {'attempts', limit, wait}: the limit of this name is full, for `wait` ms
--       | {'proof_needed', wait}: the guard needs it for `wait` ms | {'wrong'}: the picture or the proof
--       | {'full', limit, wait, allow, deny}: a limit of sends is full. `allow` and `deny`: entries of the lists, or ''
--       | {'denied', wait, allow, deny}: by the guard for `wait` ms, or by a list if `wait` is 0
--       | {'admitted', at, is_allowed, allow, deny}: `at` is the time of the units, ms
-- All but the first two have a row {group, sends, verified} for each new mark of the guard.
--- @include "time"
--- @include "counter"
--- @include "lists"
--- @include "guard"
local known_version, is_allowed, is_denied, names = ARGV[1], ARGV[2] == '1', ARGV[3] == '1', ARGV[4]
local is_right, has_proof = ARGV[5] == '1', ARGV[6] == '1'
local back_end = rules.back_ends[tonumber(ARGV[7])]
local ATTEMPTS, SUBNET_ATTEMPTS, ADDRESS, SUBNET, COUNTRY, BUDGET = 1, 2, 3, 4, 6, 7
local COUNTS, MARKS, TIMES, API_KEY, LIMIT_KEY = 7, 10, 13, 20, 21
local allow_list, deny_list, list_version = KEYS[17], KEYS[18], KEYS[19]
rules.limits[COUNTRY] = rules.countries[tonumber(ARGV[8])] or rules.limits[COUNTRY]

local version = lists_version(allow_list, deny_list, list_version)
if version ~= known_version then return networks_of(allow_list, deny_list, {'lists', 'version', version}) end

local texts = redis.call('MGET', unpack(KEYS, 1, TIMES))
local counters, units = {}, {}
if back_end then
  rules.limits[API_KEY], rules.limits[LIMIT_KEY] = back_end, rules.limit_key
  for i = API_KEY, #KEYS do texts[i] = redis.call('GET', KEYS[i]) end
end
local function first_full(first, last)
  for i = first, last do
    local limit, wait = rules.limits[i], nil
    counters[i] = open(texts[i], limit.parts)
    wait, units[i] = wait_for(counters[i], limit.windows)
    if wait > 0 then return limit.name, wait end
  end
end
local function take_all(first, last)
  for i = first, last do
    local windows = rules.limits[i].windows
    if #windows > 0 then take(KEYS[i], counters[i], windows) end
  end
end

local full, wait
if not back_end then
  full, wait = first_full(ATTEMPTS, SUBNET_ATTEMPTS)
  if full then return {'attempts', 'limit', full, 'wait', wait} end
  take_all(ATTEMPTS, SUBNET_ATTEMPTS)
end

local allow, deny = '', ''
if version ~= '' then
  local list = {}
  for name in string.gmatch(names, '%S+') do list[#list + 1] = name end
  allow, deny = find_listed(allow_list, list), find_listed(deny_list, list)
end
is_denied = is_denied or deny ~= ''
is_allowed = not is_denied and (is_allowed or allow ~= '')

local rows, guard_denies_ms, guard_needs_proof_ms = {}, 0, 0
for group, rule in ipairs(rules.groups) do
  local lasts, sends, verified = judge(rule, texts[COUNTS + group], KEYS[MARKS + group], KEYS[TIMES + group],
    texts[MARKS + group])
  if sends then rows[#rows + 1] = {'finding', 'group', group, 'sends', sends, 'verified', verified} end
  if rule.mode == 'deny' then guard_denies_ms = math.max(guard_denies_ms, lasts) end
  if rule.mode == 'challenge' and not is_allowed then guard_needs_proof_ms = math.max(guard_needs_proof_ms, lasts) end
end
local function with_rows(answer)
  for _, row in ipairs(rows) do answer[#answer + 1] = row end
  return answer
end

-- The units are those before this attempt.
local needs_proof = guard_needs_proof_ms > 0 or (not back_end and units[ATTEMPTS] + 1 > rules.proof_after)
if needs_proof and not has_proof then return with_rows({'proof_needed', 'wait', guard_needs_proof_ms}) end
if not is_right then return with_rows({'wrong'}) end

local first, last = is_allowed and BUDGET or ADDRESS, is_allowed and math.min(API_KEY, #KEYS) or #KEYS
full, wait = first_full(first, BUDGET)
if not full then full, wait = first_full(API_KEY, last) end
if full then return with_rows({'full', 'limit', full, 'wait', wait, 'allow', allow, 'deny', deny}) end
if is_denied or (guard_denies_ms > 0 and not is_allowed) then
  take_all(ADDRESS, SUBNET)
  take_all(LIMIT_KEY, last)
  return with_rows({'denied', 'wait', is_denied and 0 or guard_denies_ms, 'allow', allow, 'deny', deny})
end
take_all(first, BUDGET)
take_all(API_KEY, last)
return with_rows({'admitted', 'at', now, 'is_allowed', is_allowed and 1 or 0, 'allow', allow, 'deny', deny})
