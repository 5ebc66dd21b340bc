/**
 * Joins a message that a gateway took with the delivery receipt about it, whichever comes first. Both name
 * the message by the gateway's id for it, or by the one of ours that the gateway repeats.
 */

/**
 * The send is known: remembers it, and answers what was said of it before.
 *
 * KEYS: the message. ARGV: the send's job, keep ms. Answers {state} or {''}.
 */
export const EXPECT = `
redis.call('HSET', KEYS[1], 'send', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {redis.call('HGET', KEYS[1], 'parked') or ''}
`

/**
 * A receipt came: answers the job of its send, or parks the receipt until its send is known. "delivered" is not
 * overwritten, so receipts in another order come to the same.
 *
 * KEYS: the message. ARGV: state, keep ms, 1 to park it even if its send is known (it is not settled yet).
 * Answers {job} or {''} (parked).
 */
export const ARRIVE = `
local send = redis.call('HGET', KEYS[1], 'send')
if send and ARGV[3] ~= '1' then return {send} end
if redis.call('HGET', KEYS[1], 'parked') ~= 'delivered' then redis.call('HSET', KEYS[1], 'parked', ARGV[1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {''}
`
