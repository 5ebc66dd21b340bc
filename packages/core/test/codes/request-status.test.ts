import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { peekCodes } from '../../src/codes/request-status.ts'
import type { Settlement } from '../../src/codes/send-ledger.ts'
import { phoneOf, type Send } from '../../src/codes/send.ts'
import { newMobile, sendOf, startStore } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

it('a peek shows the request and whether its code was used, for scenes that have a record', async () => {
  const mobile = newMobile()
  const ph = store.keyring.pseudonym(mobile)
  const peek = () => peekCodes(store.redis, ph, ['default', 'login'])
  expect(await peek()).toEqual([])

  const issued = await store.codes.issue(mobile, 'login')
  const code = await store.codeOf(issued)
  const [found] = await peek()
  expect(found).toMatchObject({
    scene: 'login',
    isUsed: false,
    request: { status: 'queued', sends: 1, channel: 'sms', reason: '', times: [{ state: 'queued' }] },
  })
  expect(found?.requestIds).toContain(issued.kind === 'issued' ? issued.requestId : '')

  await store.codes.verify(mobile, 'login', code, undefined)
  expect(await peek()).toMatchObject([{ scene: 'login', isUsed: true }])
})

describe('the status of a request', () => {
  it('is found by its id, and is null for an unknown id', async () => {
    const send = sendOf(await store.codes.issue(newMobile(), 'login'))
    expect(await store.codes.find(send.rid, ['default', 'login'])).toMatchObject({
      status: 'queued',
      sends: 1,
    })
    expect(await store.codes.find(`${phoneOf(send.rid)}.${'A'.repeat(22)}`, ['default', 'login'])).toBeNull()
    await store.pass(300)
    expect(await store.codes.find(send.rid, ['default', 'login'])).toMatchObject({ status: 'expired' })
  })

  it('is "expired" once no worker may send it any more, even if its job was lost', async () => {
    const send = sendOf(await store.codes.issue(newMobile(), 'default'))
    const status = async () => (await store.codes.find(send.rid, ['default']))?.status
    await store.pass(115)
    expect(await status()).toBe('queued')
    expect(await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: 10_000 })).toMatchObject({ kind: 'go' })
    await store.pass(20)
    // The last attempt of a worker may still settle the send.
    expect(await status()).toBe('sending')
    await store.pass(6)
    expect(await status()).toBe('expired')
    expect((await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: 10_000 })).kind).not.toBe('go')
    expect(await status()).toBe('failed')
  })

  it('tells whether the send counts against the limits of its phone', async () => {
    const claim = { fence: 0, leaseMs: 10_000 }
    const countsAfter = async (end: (send: Send, fence: number) => Promise<unknown>) => {
      const send = sendOf(await store.codes.issue(newMobile(), 'default'))
      const claimed = await store.ledger.claim(send, 'ccp', claim)
      await end(send, claimed.kind === 'go' ? claimed.fence : 0)
      return (await store.codes.find(send.rid, ['default']))?.counts
    }
    const settle = (what: Settlement) => (send: Send, fence: number) => store.ledger.settle(send, fence, what)
    const failed = { status: 'failed', reason: 'no_gateway' } as const
    expect(await countsAfter(settle({ status: 'sent', gateway: 'ccp' }))).toBe(true)
    expect(await countsAfter(settle(failed))).toBe(false)
    // The doubted gateway may have taken the message.
    expect(await countsAfter(settle({ ...failed, doubtedGateway: 'ccp' }))).toBe(true)
    const undelivered = async (send: Send, fence: number) => {
      await store.ledger.settle(send, fence, { status: 'sent', gateway: 'ccp' })
      await store.ledger.report(send, 'undelivered', false)
    }
    expect(await countsAfter(undelivered)).toBe(true)
  })

  it('is "sent" if only the follow-up mail was lost, or if the code was used', async () => {
    const mailed = sendOf(await store.codes.issue(newMobile(), 'default'))
    const claim = await store.ledger.claim(mailed, 'ccp', { fence: 0, leaseMs: 10_000 })
    if (claim.kind !== 'go') throw new Error('no claim')
    await store.ledger.settle(mailed, claim.fence, { status: 'sent', gateway: 'ccp', channel: 'sms' })
    await store.pass(100)
    expect(await store.ledger.report(mailed, 'missing', true)).toEqual({ kind: 'moved', moves: 1 })
    expect(await store.codes.find(mailed.rid, ['default'])).toMatchObject({
      status: 'queued',
      channel: 'email',
    })
    const mobile = newMobile()
    const issued = await store.codes.issue(mobile, 'default')
    const used = sendOf(issued)
    await store.ledger.claim(used, 'ccp', { fence: 0, leaseMs: 10_000 })
    await store.codes.verify(mobile, 'default', await store.codeOf(issued), used.rid)
    await store.pass(150)
    for (const { rid } of [mailed, used])
      expect(await store.codes.find(rid, ['default'])).toMatchObject({ status: 'sent', channel: 'sms' })
  })
})
