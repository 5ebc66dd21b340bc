import { NOW, WINDOWS } from './windows.ts'

/**
 * Takes one from each of several limits, or refuses and changes none of them.
 *
 * KEYS: the limits' sorted sets, all in one slot. ARGV: a unique member, then for each key the number of
 * its windows and as many pairs of (milliseconds, at most).
 * Answers {0, how many the first now holds} or {which key, milliseconds to wait, the window that is full}.
 */
export const TAKE = `
${NOW}${WINDOWS}
local first = 3
for k, key in ipairs(KEYS) do
  local last = first + 2 * tonumber(ARGV[first - 1]) - 1
  local left, window = wait(key, first, last)
  if left > 0 then return {k, left, window} end
  first = last + 2
end
first = 3
local holds = 0
for k, key in ipairs(KEYS) do
  local last = first + 2 * tonumber(ARGV[first - 1]) - 1
  add(key, ARGV[1], first, last)
  if k == 1 then holds = redis.call('ZCARD', key) end
  first = last + 2
end
return {0, holds}
`
