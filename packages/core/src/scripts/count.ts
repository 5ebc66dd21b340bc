import { NOW } from './windows.ts'

/** How many a limit has counted lately. KEYS: its sorted set. ARGV: milliseconds. Answers {how many}. */
export const COUNT = `
${NOW}
return {redis.call('ZCOUNT', KEYS[1], '(' .. (now - ARGV[1]), '+inf')}
`
