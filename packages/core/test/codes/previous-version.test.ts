import { afterAll, beforeAll, expect, it } from 'vitest'
import { keys } from '../../src/redis/keys.ts'
import { newMobile, sendOf, startStore } from '../store.ts'

// The version before wrote every field of a code record, longer units of sends, and numbers without +86. A code that
// it issued is valid for minutes after an upgrade, and the new version must deliver and verify it.
let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

const CODE = '012345'
const options = { fence: 0, leaseMs: 6_500 }

/** Issues a code and rewrites its keys as the version before wrote them. */
async function issuedBefore() {
  const mobile = newMobile()
  const issued = await store.codes.issue(mobile, 'default', { fixedCode: CODE, askedBy: 'the caller' })
  const send = sendOf(issued)
  const [key, sends] = [store.recordKey(mobile), keys.sends(store.keyring.pseudonym(mobile))]
  const [, issuedAt = ''] = await store.redis.zrange(sends, 0, '-1', 'WITHSCORES')
  await store.redis.del(sends)
  await store.redis.zadd(sends, issuedAt, `${send.rid}.1`)
  await store.redis.hset(key, {
    sealed: store.keyring.seal(`${mobile.slice(3)}f${CODE}`, send.rid, 'hex'),
    issued_at: issuedAt,
    other_request_ids: '',
    guesses_without_id: 0,
    used: 0,
    fence: 0,
    gateway: '',
    message_id: '',
    called_at: 0,
    mail_state: 'none',
    channel: 'sms',
    reason: '',
    lease_until: 0,
    doubted_gateway: '',
    doubted_at: 0,
    unresolved_doubt: 0,
    second_send_risked: 0,
    moves: 0,
    may_move: 1,
    sms_doubted_gateway: '',
    sms_doubted_at: 0,
    sms_second_send_risked: 0,
  })
  return { mobile, send }
}

it('a code of the version before is claimed, sent, sent again, and verified', async () => {
  const { mobile, send } = await issuedBefore()
  expect(await store.ledger.claim(send, 'ccp', options)).toMatchObject({ kind: 'go', mobile, code: CODE })
  expect(await store.ledger.settle(send, 1, { status: 'sent', gateway: 'ccp' })).toBe(true)
  expect(await store.codes.issue(mobile, 'default')).toMatchObject({ kind: 'throttled', windowSeconds: 60 })
  await store.pass(61)
  const again = sendOf(await store.codes.issue(mobile, 'default'))
  expect(again).toEqual({ ...send, n: 2 })
  expect(await store.ledger.claim(again, 'ccp', options)).toMatchObject({ kind: 'go', code: CODE, moves: 0 })
  expect(await store.codes.verify(mobile, 'default', CODE)).toMatchObject({ kind: 'ok', rid: send.rid })
})

it('a send of the version before stops counting when it certainly failed, was late or was not enqueued', async () => {
  const [failed, late, refunded] = [await issuedBefore(), await issuedBefore(), await issuedBefore()]
  await store.ledger.claim(failed.send, 'ccp', options)
  await store.ledger.settle(failed.send, 1, { status: 'failed', reason: 'number' })
  await store.redis.hset(store.recordKey(late.mobile), 'send_by', 1)
  expect(await store.ledger.claim(late.send, 'ccp', options)).toEqual({ kind: 'late' })
  expect(await store.codes.refund(refunded.send)).toBe(true)
  for (const { send } of [failed, late, refunded]) expect(await store.slotsOf(send)).toBe(0)
})
