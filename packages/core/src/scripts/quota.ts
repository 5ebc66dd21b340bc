import { NOW, WINDOWS } from './windows.ts'

/**
 * Takes one from a limit for a named message, or refuses and changes nothing. The same message again is no
 * second one: a repeat after a doubt must not be refused for its own first try.
 *
 * KEYS: the limit's sorted set. ARGV: the message, then pairs of (milliseconds, at most).
 * Answers {1} taken, {2} it was there, {0} full.
 */
export const QUOTA = `
${NOW}${WINDOWS}
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return {2} end
if wait(KEYS[1], 2, #ARGV) > 0 then return {0} end
add(KEYS[1], ARGV[1], 2, #ARGV)
return {1}
`
