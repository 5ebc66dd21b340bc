-- The guard against SMS pumping. A group of sends looks like SMS pumping if it has enough sends in its window and too
-- few of their codes were verified. Such a group gets a mark, a key that expires. The group is a finding while it has
-- the mark.
--
-- If a group gets a mark within a day after its last mark ended, the new mark lasts twice as long as the last one, up to
-- a day. In the mode deny, every mark lasts the same time, and ends early if the group still has enough sends and enough
-- of their codes are verified.

-- judge(rule, counts, mark, times, is_marked): judges a group. `rule` has `seconds` (the window), `sends` and `percent`
-- (the least sends, and the least share of verified codes), `mode`, and `mark_ms` (how long a first mark lasts).
-- `counts` is the counter of the group (count-guarded.lua), `times` the key that counts its marks. Answers the ms that
-- the mark still lasts, 0 without a mark, and for a new mark the sends and the verified codes.
local function judge(rule, counts, mark, times, is_marked)
  local DAY = 86400000
  local left = is_marked and redis.call('PTTL', mark) or 0
  if left > 0 and rule.mode ~= 'deny' then return left end

  if not counts then return left end
  local group = open(counts, 1)
  local sends = used(group, roll(group, 1, rule.seconds))
  if sends < rule.sends then return left end
  local at, covered, length = roll(group, 2, rule.seconds)
  -- Sends are rounded down and verified codes up, so that rounding makes no group a finding.
  local verified = group[at] + math.ceil(group[at + 1] * covered / length)
  local has_few_verified = verified * 100 < sends * rule.percent
  if left > 0 then
    if has_few_verified then return left end
    redis.call('DEL', mark)
    return 0
  end
  if not has_few_verified then return 0 end

  local lasts = rule.mark_ms
  local earlier = redis.call('INCR', times) - 1
  if rule.mode ~= 'deny' then lasts = math.max(lasts, math.min(lasts * 2 ^ earlier, DAY)) end
  redis.call('PEXPIRE', times, lasts + DAY)
  redis.call('SET', mark, '1', 'PX', lasts)
  return lasts, sends, verified
end
