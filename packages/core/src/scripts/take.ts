import { NOW, WAIT } from './windows.ts'

/**
 * Takes one from a limit, or refuses and changes nothing.
 *
 * KEYS: the limit's sorted set. ARGV: a unique member, then pairs of (milliseconds, at most).
 * Answers {0} or {milliseconds to wait, the window that is full}.
 */
export const TAKE = `
${NOW}${WAIT}
local left, window = wait(KEYS[1], 2)
if left > 0 then return {left, window} end
redis.call('ZADD', KEYS[1], now, ARGV[1])
forget(KEYS[1], 2)
return {0}
`
