import { NOW, WINDOWS } from './windows.ts'

/**
 * Tells what a limit has left. Takes nothing.
 *
 * KEYS: the limit's sorted set. ARGV: pairs of (milliseconds, at most).
 * Answers {milliseconds until one more fits or 0, then for each window how many it holds now}.
 */
export const ROOM = `
${NOW}${WINDOWS}
local answer = {(wait(KEYS[1], 1, #ARGV))}
for i = 1, #ARGV, 2 do
  table.insert(answer, redis.call('ZCOUNT', KEYS[1], '(' .. (now - ARGV[i]), '+inf'))
end
return answer
`
