import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Send } from '../../src/codes/send.ts'
import { keys } from '../../src/redis/keys.ts'
import { newMobile, sendOf, startStore } from '../store.ts'

// The steps of a send, each from a record that was put into a given state.
let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

const CODE = '123456'
const options = { fence: 0, leaseMs: 6_500 }

type Prepared = Send & { mobile: string; key: string; sends: string }

async function prepare(state: Record<string, string | number> = {}): Promise<Prepared> {
  const mobile = newMobile()
  const issued = await store.codes.issue(mobile, 'default', { askedBy: 'the caller', fixedCode: CODE })
  const ph = store.keyring.pseudonym(mobile)
  const [key, sends] = [keys.code(ph, 'default'), keys.sends(ph)]
  await store.redis.hset(key, { fence: 0, ...state })
  return { ...sendOf(issued), mobile, key, sends }
}
const statusOf = async ({ rid }: Prepared) => (await store.codes.find(rid, ['default']))?.status
/** A claim of a worker that cannot deliver the send. */
const look = (send: Send) => store.ledger.claim(send, '', options)
const slotsOf = ({ sends }: Prepared) => store.redis.zcard(sends)

describe('a send', () => {
  it('is claimed, sent, reported as delivered and verified', async () => {
    const send = await prepare()
    const claim = await store.ledger.claim(send, 'ccp', options)
    expect(claim).toMatchObject({ kind: 'go', mobile: send.mobile, code: CODE, doubt: null })
    expect(claim).toMatchObject({ ageMs: 0, secondSendRisked: false })
    expect(await store.ledger.settle(send, 1, { status: 'sent', gateway: 'ccp', messageId: 'm' })).toBe(true)
    expect(await store.ledger.report(send, 'delivered', false)).toMatchObject({ kind: 'delivered' })
    expect(await statusOf(send)).toBe('delivered')
    expect(await store.codes.verify(send.mobile, 'default', CODE, send.rid)).toMatchObject({
      kind: 'ok',
      rid: send.rid,
      channel: 'sms',
      askedBy: 'the caller',
    })
    expect(await store.codes.verify(send.mobile, 'default', CODE, send.rid)).toMatchObject({ kind: 'no' })
  })

  it('can be reported as delivered, or moved to e-mail, after a gateway accepted it', async () => {
    const sentAt = Date.now()
    const delivered = await prepare({ status: 'sent', sent_at: sentAt })
    expect(await store.ledger.report(delivered, 'delivered', true)).toMatchObject({ kind: 'delivered' })
    const moved = await prepare({ status: 'sent', sent_at: sentAt })
    expect(await store.ledger.report(moved, 'undelivered', true)).toEqual({ kind: 'moved', moves: 1 })
    expect(await store.ledger.claim(moved, 'ccp', options)).toEqual({
      kind: 'gone',
      reason: 'moved',
      moves: 1,
    })
    const mail = { ...options, channel: 'email' as const }
    expect(await store.ledger.claim(moved, 'email', mail)).toMatchObject({ kind: 'go' })
    expect(await store.codes.verify(moved.mobile, 'default', CODE, undefined)).toMatchObject({
      kind: 'ok',
      channel: 'email',
    })
  })

  it('keeps the doubt of a worker that died during its call until the send has ended', async () => {
    const send = await prepare({ status: 'sending', gateway: 'ccp', fence: 3, lease_until: 1, called_at: 1 })
    const claim = await store.ledger.claim(send, 'aliyun', options)
    expect(claim).toMatchObject({ kind: 'go', fence: 4, doubt: { gateway: 'ccp', sinceMs: 1 } })
    expect(await store.ledger.settle(send, 4, { status: 'queued', doubtedGateway: 'ccp' })).toBe(true)
    expect(await store.ledger.claim(send, 'aliyun', options)).toMatchObject({ doubt: { gateway: 'ccp' } })
    await store.ledger.settle(send, 5, { status: 'failed', doubtedGateway: 'ccp' })
    expect(await slotsOf(send)).toBe(1)
  })

  it('gives its slot back if it certainly failed, was late or was not enqueued', async () => {
    const [failed, late, refunded] = [await prepare(), await prepare({ send_by: 1 }), await prepare()]
    await store.ledger.claim(failed, 'ccp', options)
    await store.ledger.settle(failed, 1, { status: 'failed', reason: 'number' })
    expect(await store.ledger.claim(late, 'ccp', options)).toEqual({ kind: 'late' })
    expect(await store.codes.refund(refunded)).toBe(true)
    expect(await Promise.all([failed, late, refunded].map(slotsOf))).toEqual([0, 0, 0])
  })

  it('is not sent, kept open or moved after its code has expired, even if its time to send is not over', async () => {
    const [claimed, lapsed] = [await prepare({ expires_at: 1 }), await prepare({ expires_at: 1 })]
    const reported = await prepare({ expires_at: 1, status: 'sent', sent_at: Date.now() })
    expect(await store.ledger.claim(claimed, 'ccp', options)).toEqual({ kind: 'late' })
    expect(await look(lapsed)).toEqual({ kind: 'late' })
    expect(await store.ledger.report(reported, 'undelivered', true)).toEqual({ kind: 'failed' })
  })

  it('is followed by a further send of the same code, which begins without the doubts of the first', async () => {
    const send = await prepare({ unresolved_doubt: 1, doubted_gateway: 'ccp', doubted_at: 1 })
    await store.pass(61)
    const again = await store.codes.issue(send.mobile, 'default')
    expect(again).toMatchObject({ kind: 'issued', send: { rid: send.rid, n: 2 } })
    const claim = await store.ledger.claim({ ...send, n: 2 }, 'ccp', options)
    expect(claim).toMatchObject({ kind: 'go', code: CODE, doubt: null })
    expect(await store.redis.hmget(send.key, 'unresolved_doubt', 'doubted_at')).toEqual(['0', '0'])
  })
})

describe('a send whose job only a newer worker understands', () => {
  it('is not changed while it has time, whether it is open or has ended', async () => {
    const [open, ended] = [await prepare(), await prepare({ status: 'sent' })]
    expect(await look(open)).toEqual({ kind: 'busy', waitMs: 0 })
    expect(await look(ended)).toMatchObject({ kind: 'done', status: 'sent' })
    expect(await statusOf(open)).toBe('queued')
    expect(await slotsOf(open)).toBe(1)
  })

  it('fails once when its time is over, and gives its slot back if no message left', async () => {
    const [late, doubted] = [
      await prepare({ send_by: 1 }),
      await prepare({ send_by: 1, status: 'sending', fence: 1, gateway: 'ccp', lease_until: 1 }),
    ]
    for (const [send, slots] of [
      [late, 0],
      [doubted, 1],
    ] as const) {
      expect(await look(send)).toEqual({ kind: 'late' })
      expect(await look(send)).toMatchObject({ kind: 'done', status: 'failed' })
      expect(await statusOf(send)).toBe('failed')
      expect(await slotsOf(send)).toBe(slots)
    }
  })

  it('stays sent if only its follow-up mail ran out of time', async () => {
    const send = await prepare({ send_by: 1, status: 'queued', channel: 'email', reason: 'missing' })
    expect(await look(send)).toMatchObject({ kind: 'done', status: 'sent' })
    expect(await store.redis.hmget(send.key, 'status', 'channel')).toEqual(['sent', 'sms'])
  })

  it('does not fail during a call, nor after its code was used', async () => {
    const busy = await prepare({ send_by: 1, status: 'sending', fence: 1, lease_until: Date.now() + 6_500 })
    const used = await prepare({ send_by: 1, used: 1 })
    expect(await look(busy)).toMatchObject({ kind: 'busy' })
    expect(await look(used)).toEqual({ kind: 'gone', reason: 'used' })
    expect(await store.redis.hget(used.key, 'status')).toBe('sent')
  })
})
