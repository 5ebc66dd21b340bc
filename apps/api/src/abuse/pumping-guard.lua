-- Finds the groups of sends that look like SMS pumping: enough sends in the window, and too few of their codes
-- were verified. A finding sets a mark on the group. While the mark lasts, the group is still a finding.
--
-- A group with a maximum that is found again within a day of its last mark is marked for twice as long, up to that
-- maximum, so waiting a mark out pays less each time. Deny marks have no maximum: they are never doubled, and
-- they end as soon as enough codes of the group are verified after all.
--
-- KEYS    for each group four keys, all in one slot: its sends, its verified codes, its mark, its number of marks
-- ARGV[1] ms that a mark lasts
-- ARGV[2..] for each group: window ms, least sends, least percent verified, longest mark ms or 0
--
-- Answers {'judged'} with a row {group, lasts, is_new, sends, verified} for each finding: index of the group, ms that
-- its mark lasts, 1 if it was found just now else 0, and the two counts
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
