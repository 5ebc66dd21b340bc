import { NOW } from './windows.ts'

/**
 * Which of several groups of sends are hot: enough sends in the window and too few of their codes ever
 * verified, or found so not long ago. Finding one writes the mark that lasts; the rest is reading.
 *
 * A group that is found again within a day of its last mark is marked for twice as long as then, up to the
 * longest: who only waits for the end of a mark gains less each time. Where no longest is given the mark is
 * for refusing, so it is never doubled, and it goes as soon as enough of these codes are verified after all.
 *
 * KEYS: for each group its sends, its verified, its mark, how often it was marked; all in one slot.
 * ARGV: mark ms, then for each group window ms, least sends, least percent verified, longest mark ms or 0.
 * Answers for each group that is hot {which, ms the mark lasts, 1 if found just now, sends, verified}, flat.
 */
export const JUDGE = `
${NOW}
local lasts, day, hot = tonumber(ARGV[1]), 86400000, {}
local function add(...)
  for _, item in ipairs({...}) do table.insert(hot, item) end
end
for group = 1, #KEYS / 4 do
  local sent, verified, mark, times = unpack(KEYS, 4 * group - 3, 4 * group)
  local window, least, percent, longest = unpack(ARGV, 4 * group - 2, 4 * group + 1)
  local left = redis.call('PTTL', mark)
  local sends, used = 0, 0
  if left <= 0 or longest == '0' then sends = redis.call('ZCOUNT', sent, now - window, '+inf') end
  local enough = sends >= tonumber(least)
  if enough then used = redis.call('ZCOUNT', verified, now - window, '+inf') end
  local few = used * 100 < sends * percent
  if left > 0 and enough and not few then
    redis.call('DEL', mark)
  elseif left > 0 then
    add(group, left, 0, 0, 0)
  elseif enough and few then
    local before = redis.call('INCR', times) - 1
    local ms = math.max(lasts, math.min(lasts * 2 ^ before, tonumber(longest)))
    redis.call('PEXPIRE', times, ms + day)
    redis.call('SET', mark, '1', 'PX', ms)
    add(group, ms, 1, sends, used)
  end
end
return hot
`
