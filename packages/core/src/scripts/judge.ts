import { NOW } from './windows.ts'

/**
 * Which of several groups of sends is hot: enough sends in the window and too few of their codes ever
 * verified, or found so not long ago. Finding it writes the mark that lasts; the rest is reading.
 *
 * A group that is found again within a day of its last mark is marked for twice as long as then, up to the
 * longest: who only waits for the end of a mark gains less each time.
 *
 * KEYS: for each group its sends, its verified, its mark, how often it was marked; all in one slot.
 * ARGV: window ms, mark ms, then for each group least sends, least percent verified, longest mark ms.
 * Answers {0} or {which group, ms the mark lasts, 1 if found just now, sends, verified}.
 */
export const JUDGE = `
${NOW}
local window, lasts, day = tonumber(ARGV[1]), tonumber(ARGV[2]), 86400000
for group = 1, #KEYS / 4 do
  local sent, verified, mark, times = unpack(KEYS, 4 * group - 3, 4 * group)
  local least, percent, longest = unpack(ARGV, 3 * group, 3 * group + 2)
  local left = redis.call('PTTL', mark)
  if left > 0 then return {group, left, 0, 0, 0} end
  local sends = redis.call('ZCOUNT', sent, now - window, '+inf')
  if sends >= tonumber(least) then
    local used = redis.call('ZCOUNT', verified, now - window, '+inf')
    if used * 100 < sends * percent then
      local before = redis.call('INCR', times) - 1
      local ms = math.max(lasts, math.min(lasts * 2 ^ before, tonumber(longest)))
      redis.call('PEXPIRE', times, ms + day)
      redis.call('SET', mark, '1', 'PX', ms)
      return {group, ms, 1, sends, used}
    end
  end
end
return {0}
`
