import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCodeStore } from '../../src/codes/code-store.ts'
import { phoneOf, type Send } from '../../src/codes/send.ts'
import { createContacts } from '../../src/codes/contacts.ts'
import type { GatewayAnswer } from '../../src/history/answer.ts'
import { createRefusalNotes, readHistory, type HistoryEvent } from '../../src/history/history.ts'
import { keys } from '../../src/redis/keys.ts'
import { newMobile, policy, sendOf, startStore, wrong } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

const LEASE = { fence: 0, leaseMs: 5_000 }
const answer = (gateway: string, cls: string, code: string, tookMs = 7): GatewayAnswer => ({
  tookMs,
  channel: 'sms',
  gateway,
  class: cls,
  code,
})

/** The events of a send, without times. */
async function eventsOf({ rid, n }: Send): Promise<string[]> {
  const history = await readHistory(store.redis, phoneOf(rid), 24)
  return (history.find((one) => one.rid === rid && one.n === n)?.events ?? []).map(show)
}
function show(event: HistoryEvent): string {
  const times = event.times === 1 ? '' : ` x${event.times}`
  if (event.kind === 'status') return `${event.status} ${event.code}`.trim() + times
  return `${event.gateway} ${event.class} ${event.code}`.trim() + times
}

async function claim(send: Send, gateway: string, fence = 0, last?: GatewayAnswer) {
  const claimed = await store.ledger.claim(send, gateway, { ...LEASE, fence, answer: last ?? null })
  if (claimed.kind !== 'go') throw new Error(`no claim but ${claimed.kind}`)
  return claimed
}

describe('the history of a phone', () => {
  it('has every answer of a gateway, the end of the send, its delivery receipt and its verification', async () => {
    const mobile = newMobile()
    const issued = await store.codes.issue(mobile, 'default')
    const send = sendOf(issued)
    const first = await claim(send, 'ccp')
    const second = await claim(send, 'aliyun', first.fence, answer('ccp', 'switch_now', '160038', 12))
    const accepted = answer('aliyun', 'accepted', 'OK', 31)
    await store.ledger.settle(send, second.fence, { status: 'sent', gateway: 'aliyun', answer: accepted })
    await store.ledger.report(send, 'delivered', false, 'DELIVRD')
    await store.codes.verify(mobile, 'default', await store.codeOf(issued).catch(() => first.code))
    const [request] = await readHistory(store.redis, phoneOf(send.rid), 24)
    expect(request).toMatchObject({ requestId: send.rid, rid: send.rid, n: 1, scene: 'default' })
    expect(request?.events.map(show)).toEqual([
      'ccp switch_now 160038',
      'aliyun accepted OK',
      'sent',
      'delivered DELIVRD',
      'used',
    ])
    expect(request?.events[0]).toMatchObject({ kind: 'call', channel: 'sms', tookMs: 12 })
    const now = Date.now()
    for (const { at } of request?.events ?? []) {
      expect(at).toBeGreaterThanOrEqual(request?.at ?? now)
      expect(at).toBeLessThan(now + 2_000)
    }
  })

  it('has the longest code of a vendor as a whole', async () => {
    const code = 'UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber'
    const send = sendOf(await store.codes.issue(newMobile(), 'default'))
    await claim(send, 'aliyun', (await claim(send, 'tencent')).fence, answer('tencent', 'config', code))
    expect(await eventsOf(send)).toEqual([`tencent config ${code}`])
  })

  it('counts equal answers in a row in one event', async () => {
    const send = sendOf(await store.codes.issue(newMobile(), 'default'))
    let { fence } = await claim(send, 'ccp')
    for (let i = 0; i < 5; i += 1)
      ({ fence } = await claim(send, 'ccp', fence, answer('ccp', 'skipped', 'RATE_FULL')))
    ;({ fence } = await claim(send, 'ccp', fence, answer('ccp', 'retry_same', '160000')))
    await store.ledger.settle(send, fence, {
      status: 'queued',
      answer: answer('ccp', 'skipped', 'RATE_FULL'),
    })
    expect(await eventsOf(send)).toEqual([
      'ccp skipped RATE_FULL x5',
      'ccp retry_same 160000',
      'ccp skipped RATE_FULL',
    ])
  })

  it('names the gateway that was called by a worker which died', async () => {
    const send = sendOf(await store.codes.issue(newMobile(), 'default'))
    await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: 0 })
    await claim(send, 'aliyun')
    expect(await eventsOf(send)).toEqual(['ccp no_answer'])
  })

  it('has the answer that a worker got after another worker took the send over', async () => {
    const send = sendOf(await store.codes.issue(newMobile(), 'default'))
    const { fence } = await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: 0 }).then((one) => {
      if (one.kind !== 'go') throw new Error('no claim')
      return one
    })
    await claim(send, 'aliyun')
    const settled = await store.ledger.settle(send, fence, {
      status: 'sent',
      answer: answer('ccp', 'accepted', '000000'),
    })
    expect(settled).toBe(false)
    expect(await eventsOf(send)).toEqual(['ccp no_answer', 'ccp accepted 000000'])
  })

  it('tells why a send failed, moved or was late', async () => {
    const failed = sendOf(await store.codes.issue(newMobile(), 'default'))
    const { fence } = await claim(failed, 'ccp')
    const refusal = answer('ccp', 'number', '160042')
    await store.ledger.settle(failed, fence, { status: 'failed', reason: 'number', answer: refusal })
    expect(await eventsOf(failed)).toEqual(['ccp number 160042', 'failed number'])

    const moved = sendOf(await store.codes.issue(newMobile(), 'default'))
    const { fence: other } = await claim(moved, 'ccp')
    await store.ledger.settle(moved, other, { status: 'moved', reason: 'no_gateway', mayReturn: true })
    expect(await eventsOf(moved)).toEqual(['moved no_gateway'])

    const late = sendOf(await store.codes.issue(newMobile(), 'default'))
    await store.pass(121)
    expect((await store.ledger.claim(late, 'ccp', LEASE)).kind).toBe('late')
    expect(await eventsOf(late)).toEqual(['failed late'])
  })

  it('has a missing and an undelivered delivery receipt', async () => {
    for (const [state, events] of [
      ['missing', ['ccp accepted 0', 'sent', 'missing']],
      ['undelivered', ['ccp accepted 0', 'sent', 'undelivered MK:0001', 'failed undelivered']],
    ] as const) {
      const send = sendOf(await store.codes.issue(newMobile(), 'default'))
      const { fence } = await claim(send, 'ccp')
      await store.ledger.settle(send, fence, {
        status: 'sent',
        gateway: 'ccp',
        answer: answer('ccp', 'accepted', '0'),
      })
      await store.ledger.report(send, state, false, state === 'missing' ? '' : 'MK:0001')
      await store.ledger.report(send, state, false, state === 'missing' ? '' : 'MK:0001')
      // A repeated report of a missing delivery receipt is counted, and one of an ended send changes nothing.
      expect((await eventsOf(send)).map((event) => event.replace(' x2', ''))).toEqual(events)
    }
  })

  it('has the request id of each caller of a code that is sent again', async () => {
    const mobile = newMobile()
    const codes = createCodeStore(store.redis, store.keyring, () => ({ ...policy, sends: [] }))
    const first = await codes.issue(mobile, 'default')
    const second = await codes.issue(mobile, 'default')
    if (first.kind !== 'issued' || second.kind !== 'issued') throw new Error('not issued')
    const history = await readHistory(store.redis, phoneOf(first.requestId), 24)
    expect(history.map(({ requestId, rid, n }) => ({ requestId, rid, n }))).toEqual([
      { requestId: second.requestId, rid: first.requestId, n: 2 },
      { requestId: first.requestId, rid: first.requestId, n: 1 },
    ])
  })

  it('tells that a newer request replaced a send, also after an answer, and keeps the end of a send', async () => {
    const codes = createCodeStore(store.redis, store.keyring, () => ({ ...policy, sends: [] }))
    const issue = async () => {
      const mobile = newMobile()
      const send = sendOf(await codes.issue(mobile, 'default'))
      return { send, replace: () => codes.issue(mobile, 'default') }
    }
    const [waiting, tried, accepted, ended] = [await issue(), await issue(), await issue(), await issue()]
    const [first, second, third] = [
      await claim(tried.send, 'ccp'),
      await claim(accepted.send, 'ccp'),
      await claim(ended.send, 'ccp'),
    ]
    const taken = { status: 'sent', answer: answer('ccp', 'accepted', '0') } as const
    await store.ledger.settle(ended.send, third.fence, taken)
    for (const { replace } of [waiting, tried, accepted, ended]) await replace()

    const refusal = answer('ccp', 'switch_now', '160038')
    expect(await store.ledger.settle(tried.send, first.fence, { status: 'queued', answer: refusal })).toBe(
      false,
    )
    expect(await store.ledger.settle(accepted.send, second.fence, taken)).toBe(false)
    for (const { send } of [waiting, tried, accepted, ended])
      expect(await store.ledger.claim(send, 'ccp', LEASE)).toEqual({ kind: 'gone', reason: 'replaced' })
    expect(await eventsOf(waiting.send)).toEqual(['replaced'])
    expect(await eventsOf(tried.send)).toEqual(['ccp switch_now 160038', 'replaced'])
    expect(await eventsOf(accepted.send)).toEqual(['ccp accepted 0', 'sent'])
    expect(await eventsOf(ended.send)).toEqual(['ccp accepted 0', 'sent'])
  })

  it('tells that a newer code replaced the code of a send', async () => {
    const mobile = newMobile()
    const old = await store.codes.issue(mobile, 'default')
    await store.pass(601)
    await store.codes.issue(mobile, 'default')
    expect(await store.ledger.claim(sendOf(old), 'ccp', LEASE)).toEqual({ kind: 'gone', reason: 'no_record' })
    expect(await eventsOf(sendOf(old))).toEqual(['replaced'])
  })

  it('notes that a job could not be queued', async () => {
    const send = sendOf(await store.codes.issue(newMobile(), 'default'))
    expect(await store.codes.refund(send)).toBe(true)
    expect(await eventsOf(send)).toEqual(['failed not_enqueued'])
  })

  it('has refused requests, and counts equal ones in a row', async () => {
    const mobile = newMobile()
    const ph = store.keyring.pseudonym(mobile)
    const refused = createRefusalNotes(store.redis, store.keyring, 86_400)
    await refused(mobile, 'login', 'limit_phone')
    await refused(mobile, 'login', 'limit_phone')
    await refused(mobile, 'login', 'deny_list')
    await refused(mobile, 'default', 'deny_list')
    const history = await readHistory(store.redis, ph, 24)
    expect(
      history.map(({ requestId, rid, scene, events }) => [requestId, rid, scene, ...events.map(show)]),
    ).toEqual([
      ['', '', 'default', 'refused deny_list'],
      ['', '', 'login', 'refused deny_list'],
      ['', '', 'login', 'refused limit_phone x2'],
    ])
    const secondsLeft = () => store.redis.ttl(keys.history(ph))
    expect(await secondsLeft()).toBeLessThanOrEqual(3_600)
    await store.codes.issue(mobile, 'default')
    await refused(mobile, 'login', 'limit_phone')
    expect(await secondsLeft()).toBeGreaterThan(86_000)
    await createRefusalNotes(store.redis, store.keyring, 0)(mobile, 'login', 'deny_list')
    expect((await readHistory(store.redis, ph, 24)).slice(2)).toEqual(history)
  })

  it('has at most five lines of refusals, so that they do not remove the requests with a message', async () => {
    const mobile = newMobile()
    const codes = createCodeStore(store.redis, store.keyring, () => ({ ...policy, sends: [] }))
    for (let i = 0; i < 20; i += 1) await codes.issue(mobile, 'default')
    const refused = createRefusalNotes(store.redis, store.keyring, 86_400)
    for (let i = 0; i < 30; i += 1) await refused(mobile, i % 2 === 0 ? 'login' : 'default', `limit_${i}`)
    const history = await readHistory(store.redis, store.keyring.pseudonym(mobile), 24)
    const numbers = Array.from({ length: 15 }, (_, i) => 20 - i)
    expect(history.map(({ n, events }) => (n === 0 ? events.map(show)[0] : n))).toEqual([
      ...[29, 28, 27, 26, 25].map((i) => `refused limit_${i}`),
      ...numbers,
    ])
    expect(await store.redis.ttl(keys.history(store.keyring.pseudonym(mobile)))).toBeGreaterThan(86_000)
  })

  it('keeps the last 20 requests, and none that is older than its time', async () => {
    const mobile = newMobile()
    const ph = store.keyring.pseudonym(mobile)
    const codes = createCodeStore(store.redis, store.keyring, () => ({ ...policy, sends: [] }))
    for (let i = 0; i < 23; i += 1) await codes.issue(mobile, 'default')
    const numbers = (await readHistory(store.redis, ph, 24)).map(({ n }) => n)
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, i) => 23 - i))
    expect(await store.redis.pttl(keys.history(ph))).toBeGreaterThan(86_000_000)

    const [, oldest = ''] = ((await store.redis.get(keys.history(ph))) ?? '').split('\n')
    const old = oldest.replace(/ [0-9]{13}$/, ` ${Date.now() - 86_400_001}`)
    await store.redis.set(keys.history(ph), `\n${old}\n${oldest}`)
    await codes.issue(mobile, 'default')
    expect((await readHistory(store.redis, ph, 24)).map(({ n }) => n)).toEqual([24, 4])
  })

  it('keeps the first and the newest events of a request with very many', async () => {
    const send = sendOf(await store.codes.issue(newMobile(), 'default'))
    let { fence } = await claim(send, 'ccp')
    for (let i = 0; i < 200; i += 1)
      ({ fence } = await claim(send, 'ccp', fence, answer('ccp', 'retry_same', `code${i}`)))
    const codes = (await eventsOf(send)).map((event) => event.split(' ').at(-1))
    expect(codes.slice(0, 4)).toEqual(['code0', 'code1', 'code2', 'code3'])
    expect(codes.at(-1)).toBe('code199')
    expect(codes.length).toBeGreaterThan(30)
    expect(await store.redis.strlen(keys.history(phoneOf(send.rid)))).toBeLessThan(2_200)
  })

  it('is read as long as its time is, whatever newer requests do to the life of the text', async () => {
    const mobile = newMobile()
    const ph = store.keyring.pseudonym(mobile)
    const lines = [3, 2, 1].map((n) => `a.${n} - default ${Date.now() - n * 3_600_000};s1,9,0,sent,`)
    await store.redis.set(keys.history(ph), `\n${lines.join('\n')}`)
    const numbersOf = async (hours: number) => (await readHistory(store.redis, ph, hours)).map(({ n }) => n)
    expect(await numbersOf(24)).toEqual([1, 2, 3])
    expect(await numbersOf(2)).toEqual([1])
    expect(await numbersOf(0)).toEqual([])
  })

  it('has a refusal that repeats one of which the time is over', async () => {
    const mobile = newMobile()
    const ph = store.keyring.pseudonym(mobile)
    const hoursAgo = Date.now() - 2 * 3_600_000
    await store.redis.set(keys.history(ph), `\n-.0 - login ${hoursAgo};s1,0,0,refused,deny_list`)
    await createRefusalNotes(store.redis, store.keyring, 3_600)(mobile, 'login', 'deny_list')
    const [request, ...others] = await readHistory(store.redis, ph, 1)
    expect(request?.events.map(show)).toEqual(['refused deny_list'])
    expect(others).toEqual([])
  })

  it('is not written if its time is 0', async () => {
    const mobile = newMobile()
    const codes = createCodeStore(store.redis, store.keyring, () => ({ ...policy, keepHistorySeconds: 0 }))
    const send = sendOf(await codes.issue(mobile, 'default'))
    const { fence } = await claim(send, 'ccp')
    await store.ledger.settle(send, fence, { status: 'sent', answer: answer('ccp', 'accepted', '0') })
    expect(await store.redis.exists(keys.history(phoneOf(send.rid)))).toBe(0)
  })

  it('is erased with the phone, and a later settlement does not bring it back', async () => {
    const mobile = newMobile()
    const send = sendOf(await store.codes.issue(mobile, 'default'))
    const { fence } = await claim(send, 'ccp')
    const record = await store.redis.dumpBuffer(store.recordKey(mobile))
    const erased = await createContacts(store.redis, store.keyring).erase(mobile, ['default'])
    expect(erased).toContain('history')
    // The record is put back, because the settlement of a send without a record would change nothing.
    await store.redis.restore(store.recordKey(mobile), 60_000, record)
    const sent = { status: 'sent', gateway: 'ccp', answer: answer('ccp', 'accepted', '0') } as const
    expect(await store.ledger.settle(send, fence, sent)).toBe(true)
    expect(await store.ledger.report(send, 'delivered', false, '')).toMatchObject({ kind: 'delivered' })
    expect(await store.redis.exists(keys.history(phoneOf(send.rid)))).toBe(0)
  })

  it('contains neither the number nor the code, and no character that divides its parts', async () => {
    const mobile = newMobile()
    const issued = await store.codes.issue(mobile, 'default')
    const send = sendOf(issued)
    const code = await store.codeOf(issued)
    const { fence } = await claim(send, 'ccp')
    const hostile = answer('ccp', 'template', 'a,b;c d\n<é>')
    await store.ledger.settle(send, fence, { status: 'failed', reason: 'template', answer: hostile })
    await store.codes.verify(mobile, 'default', wrong(code))
    const text = (await store.redis.get(keys.history(phoneOf(send.rid)))) ?? ''
    expect(text).not.toContain(mobile.slice(3))
    // Compared as a whole number, because its digits may occur in a time.
    expect(text.split(/[^0-9]+/)).not.toContain(code)
    expect(await eventsOf(send)).toEqual(['ccp template a_b_c_d____', 'failed template'])
  })

  it('is read as empty where an entry has another form', async () => {
    const ph = store.keyring.pseudonym(newMobile())
    const line = `a.1 - default ${Date.now()};c1,2;s9,9,0,sent,;zz`
    await store.redis.set(keys.history(ph), `x\n\n;;\n${line}`)
    expect(await readHistory(store.redis, ph, 24)).toMatchObject([
      { n: 1, events: [{ status: 'sent', times: 9 }] },
    ])
  })
})
