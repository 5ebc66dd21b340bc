-- Finds the groups of sends that look like SMS pumping: a group has enough sends in its window, and too few of their
-- codes were verified. Such a group gets a mark, a key that expires. The group is a finding while it has the mark.
--
-- If a group gets a mark within a day after its last mark ended, the new mark lasts twice as long as the last one, up
-- to the longest mark in ARGV. In deny mode this longest mark is 0, and then every mark lasts ARGV[1]. A mark in deny
-- mode ends early if the group still has enough sends and enough of their codes are verified.
--
-- KEYS    for each group four keys with one hash tag: its sends, its verified codes, its mark, the count of its marks
-- ARGV[1] ms that the first mark of a group lasts
-- ARGV[2..] for each group: window ms, least sends, least percent verified, longest mark ms (0 in deny mode)
--
-- Answers {'judged'} with a row {group, lasts, is_new, sends, verified} for each finding: index of the group, ms that
-- its mark still lasts, 1 if this call set the mark else 0, and the two counts, which are 0 if is_new is 0
--- @include "time"
local DAY = 86400000
local mark_ms = tonumber(ARGV[1])
local findings = {'judged'}

local function count(key, window) return redis.call('ZCOUNT', key, now - window, '+inf') end
local function find(group, lasts, is_new, sends, verified)
  table.insert(findings,
    {'finding', 'group', group, 'lasts', lasts, 'is_new', is_new, 'sends', sends, 'verified', verified})
end

for group = 1, #KEYS / 4 do
  local sent_key, verified_key, mark, marks = unpack(KEYS, 4 * group - 3, 4 * group)
  local window, least_sends, least_percent, longest = unpack(ARGV, 4 * group - 2, 4 * group + 1)
  local left = redis.call('PTTL', mark)
  local sends, verified = 0, 0
  if left <= 0 or longest == '0' then sends = count(sent_key, window) end
  local has_enough = sends >= tonumber(least_sends)
  if has_enough then verified = count(verified_key, window) end
  local has_few_verified = verified * 100 < sends * least_percent

  if left > 0 and has_enough and not has_few_verified then
    redis.call('DEL', mark)
  elseif left > 0 then
    find(group, left, 0, 0, 0)
  elseif has_enough and has_few_verified then
    local earlier = redis.call('INCR', marks) - 1
    local lasts = math.max(mark_ms, math.min(mark_ms * 2 ^ earlier, tonumber(longest)))
    redis.call('PEXPIRE', marks, lasts + DAY)
    redis.call('SET', mark, '1', 'PX', lasts)
    find(group, lasts, 1, sends, verified)
  end
end
return findings
