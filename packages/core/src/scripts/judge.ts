import { NOW } from './windows.ts'

/**
 * Which of several groups of sends is hot: enough sends in the window and too few of their codes ever
 * verified, or found so not long ago. Finding it writes the mark that lasts; the rest is reading.
 *
 * KEYS: for each group its sends, its verified, its mark, all in one slot.
 * ARGV: window ms, least sends, least percent verified, mark ms.
 * Answers {0} or {which group, ms the mark lasts, 1 if found just now, sends, verified}.
 */
export const JUDGE = `
${NOW}
local window, least, percent, lasts = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
for i = 1, #KEYS, 3 do
  local left = redis.call('PTTL', KEYS[i + 2])
  if left > 0 then return {(i + 2) / 3, left, 0, 0, 0} end
  local sends = redis.call('ZCOUNT', KEYS[i], now - window, '+inf')
  if sends >= least then
    local verified = redis.call('ZCOUNT', KEYS[i + 1], now - window, '+inf')
    if verified * 100 < sends * percent then
      redis.call('SET', KEYS[i + 2], '1', 'PX', lasts)
      return {(i + 2) / 3, lasts, 1, sends, verified}
    end
  end
end
return {0}
`
