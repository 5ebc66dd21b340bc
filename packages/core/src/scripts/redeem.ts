import { NOW } from './windows.ts'

/**
 * Marks a receipt as redeemed, once, for as long as anybody could show it again. Redis judges what is left
 * of its life: a mark set by the clock of one host could be gone while a slower one still takes the receipt.
 *
 * KEYS: the receipt's mark. ARGV: when the receipt expires, ms.
 * Answers {'ok'} | {'again'} | {'expired'}.
 */
export const REDEEM = `
${NOW}
if tonumber(ARGV[1]) <= now then return {'expired'} end
if redis.call('SET', KEYS[1], '1', 'NX', 'PXAT', ARGV[1]) then return {'ok'} end
return {'again'}
`
