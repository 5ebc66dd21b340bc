import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomId } from '../src/keyring.ts'
import { keys } from '../src/redis/keys.ts'
import type { Send } from '../src/codes/send.ts'
import { aMobile, startStore } from './store.ts'

/**
 * Records as the first release left them: none of the fields that came later (`queued_at`, `called_at`,
 * `doubt_at`, `left`, `mailed`, `used_at`, `act`). They live on while a new release is rolled out.
 */
let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

const LEASE = 6_500
const CODE = '123456'

type Old = Send & { mobile: string; key: string; sends: string }

async function anOld(more: Record<string, string | number> = {}): Promise<Old> {
  const mobile = aMobile()
  const ph = store.keyring.pseudonym(mobile)
  const send = { rid: `${ph}.${randomId()}`, scene: 'default', n: 1 }
  const [key, sends] = [keys.code(ph, send.scene), keys.sends(ph)]
  const now = Date.now()
  await store.redis.hset(key, {
    rid: send.rid,
    ...store.keyring.digest(mobile, send.scene, CODE),
    sealed: store.keyring.seal(mobile + CODE, send.rid),
    issued: now,
    from: 'somebody',
    exp: now + 300_000,
    ceiling: now + 600_000,
    sends: 1,
    with_id: 0,
    blind: 0,
    used: 0,
    status: 'queued',
    send_by: now + 120_000,
    fence: 0,
    lease: 0,
    doubt: '',
    extra: 0,
    gateway: '',
    message_id: '',
    channel: '',
    reason: '',
    ...more,
  })
  await store.redis.pexpireat(key, now + 1_200_000)
  await store.redis.zadd(sends, now, `${send.rid}.1`)
  return { ...send, mobile, key, sends }
}
const statusOf = async ({ rid }: Old) => (await store.codes.find(rid, ['default']))?.status
const slotsOf = ({ sends }: Old) => store.redis.zcard(sends)

describe('a record of the first release', () => {
  it('is claimed, sent, reported and verified', async () => {
    const old = await anOld()
    const claim = await store.ledger.claim(old, 'ccp', 0, LEASE)
    expect(claim).toMatchObject({ kind: 'go', mobile: old.mobile, code: CODE, doubt: '', doubtAt: 0 })
    expect(claim).toMatchObject({ ageMs: 0, extra: 0 })
    expect(await store.ledger.settle(old, 1, { status: 'sent', gateway: 'ccp', messageId: 'm' })).toBe(true)
    expect(await store.ledger.report(old, 'delivered', false)).toMatchObject({ kind: 'delivered' })
    expect(await statusOf(old)).toBe('delivered')
    expect(await store.codes.verify(old.mobile, 'default', CODE, old.rid)).toMatchObject({
      kind: 'ok',
      rid: old.rid,
      channel: 'sms',
      from: 'somebody',
    })
    expect(await store.codes.verify(old.mobile, 'default', CODE, old.rid)).toMatchObject({ kind: 'no' })
  })

  it('that was sent before the release is reported without a time, and can be moved to e-mail', async () => {
    const told = await anOld({ status: 'sent', gateway: 'ccp', fence: 1 })
    expect(await store.ledger.report(told, 'delivered', true)).toEqual({ kind: 'delivered', afterMs: 0 })
    const lost = await anOld({ status: 'sent', gateway: 'ccp', fence: 1 })
    expect(await store.ledger.report(lost, 'undelivered', true)).toEqual({ kind: 'moved' })
    expect(await store.ledger.claim(lost, 'ccp', 0, LEASE)).toEqual({ kind: 'gone', why: 'moved' })
    const mail = { channel: 'email' as const }
    expect(await store.ledger.claim(lost, 'smtp', 0, LEASE, mail)).toMatchObject({ kind: 'go' })
    expect(await store.codes.verify(lost.mobile, 'default', CODE, undefined)).toMatchObject({
      kind: 'ok',
      channel: 'email',
    })
  })

  it('whose worker of that release vanished in its call leaves its doubt', async () => {
    const old = await anOld({ status: 'sending', gateway: 'ccp', fence: 3, lease: Date.now() - 1 })
    const claim = await store.ledger.claim(old, 'aliyun', 0, LEASE)
    expect(claim).toMatchObject({ kind: 'go', fence: 4, doubt: 'ccp', doubtAt: 0 })
    expect(await store.ledger.settle(old, 4, { status: 'queued', doubt: 'ccp' })).toBe(true)
    expect(await store.ledger.claim(old, 'aliyun', 0, LEASE)).toMatchObject({ kind: 'go', doubt: 'ccp' })
    // In doubt to the end: the slot stays taken.
    await store.ledger.settle(old, 5, { status: 'failed', doubt: 'ccp' })
    expect(await slotsOf(old)).toBe(1)
  })

  it('gives its slot back when it failed for certain, when it is late, and when it was not enqueued', async () => {
    const [failed, late, refunded] = [await anOld(), await anOld({ send_by: 1 }), await anOld()]
    await store.ledger.claim(failed, 'ccp', 0, LEASE)
    await store.ledger.settle(failed, 1, { status: 'failed', reason: 'number' })
    expect(await store.ledger.claim(late, 'ccp', 0, LEASE)).toEqual({ kind: 'gone', why: 'late' })
    expect(await store.codes.refund(refunded)).toBe(true)
    expect(await Promise.all([failed, late, refunded].map(slotsOf))).toEqual([0, 0, 0])
  })

  it('is sent again as the same code, and then has all fields', async () => {
    const old = await anOld()
    await store.pass(61)
    const again = await store.codes.issue(old.mobile, 'default')
    expect(again).toMatchObject({ kind: 'issued', send: { rid: old.rid, n: 2 } })
    const claim = await store.ledger.claim({ ...old, n: 2 }, 'ccp', 0, LEASE)
    expect(claim).toMatchObject({ kind: 'go', code: CODE })
    expect(await store.redis.hmget(old.key, 'left', 'doubt_at')).toEqual(['0', '0'])
    expect(Number(await store.redis.hget(old.key, 'queued_at'))).toBeGreaterThan(0)
  })
})

describe('lapse, about a send that only a newer worker understands', () => {
  it('leaves one alone that has time, open or ended', async () => {
    const [open, ended] = [await anOld(), await anOld({ status: 'sent' })]
    expect(await store.ledger.lapse(open)).toBe('open')
    expect(await store.ledger.lapse(ended)).toBe('done')
    expect(await statusOf(open)).toBe('queued')
    expect(await slotsOf(open)).toBe(1)
  })

  it('ends one whose time is over, once, and gives the slot back where nothing was sent', async () => {
    const [late, doubted] = [
      await anOld({ send_by: 1 }),
      await anOld({ send_by: 1, status: 'sending', gateway: 'ccp', lease: 1 }),
    ]
    for (const [old, slots] of [
      [late, 0],
      [doubted, 1],
    ] as const) {
      expect(await store.ledger.lapse(old)).toBe('late')
      expect(await store.ledger.lapse(old)).toBe('over')
      expect(await statusOf(old)).toBe('failed')
      expect(await slotsOf(old)).toBe(slots)
    }
  })

  it('waits for a call under way, and never fails what its owner verified', async () => {
    const busy = await anOld({ send_by: 1, status: 'sending', lease: Date.now() + LEASE })
    const used = await anOld({ send_by: 1, used: 1 })
    expect(await store.ledger.lapse(busy)).toBe('open')
    expect(await store.ledger.lapse(used)).toBe('over')
    expect(await store.redis.hget(used.key, 'status')).toBe('sent')
  })
})
