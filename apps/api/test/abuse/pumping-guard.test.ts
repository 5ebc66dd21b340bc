import { afterEach, describe, expect, it } from 'vitest'
import { readAudit } from '@sms-codes/core/limits/audit'
import { createCounters, parseCounter } from '@sms-codes/core/limits/counters'
import { keys } from '@sms-codes/core/redis/keys'
import { mergeSettings } from '@sms-codes/core/test/policy-file'
import { startApiWith, type Api } from '../api.ts'
import { leftOf } from '@sms-codes/core/test/left-of'
import { proofOf } from '../proof.ts'

let api: Api
afterEach(() => api.stop())

/** Starts the API with a guard that judges segments after ten sends. */
const start = async (...settings: object[]) => {
  const judged = { min_sends: 10, min_percent: 10 }
  api = await startApiWith(mergeSettings({ guard: { segment: judged } }, ...settings))
}
const deny = { guard: { mode: 'deny' } }
const challenge = { guard: { mode: 'challenge' } }
/** The guard judges addresses after as few sends as segments, and the rate limit of an address is high. */
const few = { guard: { address: { min_sends: 10 } }, limits: { address: { sends: ['100/60s'] } } }
/** An address may request many pictures and messages. */
const roomy = { limits: { address: { attempts: ['300/10m'] } }, budget: { messages: ['50/1h'] } }
let next = 0
const inSegment = (segment: string) => `${segment}${String(1_000 + ++next)}`
const anAddress = () => `10.${(++next >> 8) & 255}.${next & 255}.1`

async function post(url: string, payload: object, address: string) {
  const headers = { 'x-forwarded-for': address }
  const response = await api.app.inject({ method: 'POST', url, headers, payload })
  return response.json<Record<string, unknown>>()
}
/** Sends a code, and a gateway accepts the message. */
async function send(mobile: string, address = anAddress()) {
  const answer = await post('/v1/sms_codes', { mobile, ...(await api.captcha()) }, address)
  if (answer['code'] === '0') await api.accept(String(answer['request_id']))
  return answer
}
async function sendAndVerify(mobile: string, address = anAddress()) {
  const { request_id } = await send(mobile, address)
  return post('/v1/sms_codes/verify', { mobile, sms_code: await api.codeOf(String(request_id)) }, address)
}
const findings = async () => (await readAudit(api.redis, 100)).toReversed()

describe('the pumping guard', () => {
  it('denies a segment that is pumped from many addresses, and no other segment', async () => {
    await start(deny)
    const codes = []
    for (let i = 0; i < 14; i++) codes.push((await send(inSegment('1390001')))['code'])
    expect(codes).toEqual([...Array<string>(10).fill('0'), ...Array<string>(4).fill('4002')])
    expect(await send(inSegment('1390001'))).toMatchObject({
      errmsg: '发送短信过于频繁',
      retry_after: leftOf(1_800),
    })
    expect(await send(inSegment('1390002'))).toMatchObject({ code: '0' })
    const metrics = await api.registry.metrics()
    expect(metrics).toContain('sms_refused_by_limit_total{limit="guard"} 5')
    expect(metrics).toContain('sms_refused_by_limit_total{limit="deny_list"} 0')
  })

  it('does not deny a segment whose codes are verified', async () => {
    await start(deny)
    for (let i = 0; i < 20; i++)
      expect(await sendAndVerify(inSegment('1390003'))).toMatchObject({ code: '0' })
    expect(await findings()).toEqual([])
  })

  it('denies an address whose codes are not verified, whatever numbers it asks for', async () => {
    await start(few, deny)
    const address = anAddress()
    const codes = []
    for (let i = 0; i < 12; i++) codes.push((await send(inSegment(String(1_391_000 + i)), address))['code'])
    expect(codes).toEqual([...Array<string>(10).fill('0'), '4002', '4002'])
    expect((await send(inSegment('1391000')))['code']).toBe('0')
  })

  it('can deny addresses and only challenge segments, and has another window for addresses', async () => {
    await start(few, challenge, { guard: { address: { mode: 'deny', window: '1h' } } })
    const address = anAddress()
    for (let i = 0; i < 10; i++) await send(inSegment('1390008'), address)
    // The segment and the address are both findings, and the stricter mode applies.
    const proof = await proofOf(api)
    expect(await post('/v1/sms_codes', { mobile: inSegment('1390008'), proof }, address)).toMatchObject({
      code: '4002',
      errmsg: '发送短信过于频繁',
    })
    expect(await send(inSegment('1390008'))).toMatchObject({ code: '4001', challenge: 'proof' })
    expect((await findings()).map(({ mode, group }) => [mode, group])).toEqual([
      ['challenge', 'segment'],
      ['deny', 'address'],
    ])
    const lives = [
      keys.guarded('segment', '1390008'),
      keys.guarded('address', api.keyring.pseudonym(address)),
    ].map((key) => api.redis.pttl(key))
    expect((await Promise.all(lives)).map((ms) => Math.ceil(ms / 60_000))).toEqual([15, 60])
  })

  it('stops denying an address when its codes are verified after all', async () => {
    await start(few, deny)
    const address = anAddress()
    const first = inSegment('1391500')
    const { request_id } = await send(first, address)
    for (let i = 0; i < 9; i++) await send(inSegment(String(1_391_501 + i)), address)
    expect(await send(inSegment('1391510'), address)).toMatchObject({ code: '4002' })
    const sms_code = await api.codeOf(String(request_id))
    expect(await post('/v1/sms_codes/verify', { mobile: first, sms_code }, address)).toMatchObject({
      code: '0',
    })
    await expect.poll(async () => (await send(inSegment('1391510'), address))['code']).toBe('0')
  })

  it('reports a finding once and refuses nothing in the mode observe', async () => {
    await start()
    for (let i = 0; i < 15; i++) expect((await send(inSegment('1390004')))['code']).toBe('0')
    expect(await findings()).toEqual([
      { what: 'guard', mode: 'observe', group: 'segment', who: '1390004', sends: '10', verified: '0' },
    ])
    expect(await api.registry.metrics()).toContain(
      'sms_guard_findings_total{group="segment",mode="observe"} 1',
    )
  })

  it('does not count refused sends', async () => {
    await start(deny)
    const mobile = inSegment('1390005')
    for (let i = 0; i < 15; i++) await send(mobile)
    expect(await findings()).toEqual([])
    expect(await send(inSegment('1390005'))).toMatchObject({ code: '0' })
  })

  it.each(['deny', 'challenge'])(
    'does not lock an office out after an outage of the gateways, in the mode %s',
    async (mode) => {
      await start(few, roomy, { guard: { mode, service: { min_sends: 20 } } })
      const office = anAddress()
      const { ledger } = api.deps
      for (let i = 0; i < 25; i++) {
        const answer = await post(
          '/v1/sms_codes',
          { mobile: inSegment('1392000'), ...(await api.captcha()) },
          office,
        )
        expect(answer).toMatchObject({ code: '0' })
        const failed = { rid: String(answer['request_id']), scene: 'default', n: 1 }
        const claim = await ledger.claim(failed, 'ccp', { fence: 0, leaseMs: 1_000 })
        const fence = claim.kind === 'go' ? claim.fence : 0
        await ledger.settle(failed, fence, { status: 'failed', reason: 'late' })
      }
      const budget = [{ most: 50, seconds: 3_600 }]
      await expect
        .poll(() => createCounters(api.redis).room({ key: keys.budget, windows: budget }))
        .toMatchObject([{ used: 0 }])
      expect(await send(inSegment('1392000'), office)).toMatchObject({ code: '0' })
      expect(await findings()).toEqual([])
      expect(await api.registry.metrics()).not.toMatch(/sms_guard_findings_total\{[^}]*\} [1-9]/)
    },
  )

  it('counts a verified code once, even if its verify is repeated', async () => {
    await start(few, deny)
    const [mobile, address] = [inSegment('1392100'), anAddress()]
    const { request_id } = await send(mobile, address)
    const payload = { mobile, sms_code: await api.codeOf(String(request_id)) }
    const headers = { 'x-forwarded-for': address, 'idempotency-key': 'the-same-verify-repeated' }
    const answers = []
    for (let i = 0; i < 3; i++) {
      const answer = await api.app.inject({ method: 'POST', url: '/v1/sms_codes/verify', headers, payload })
      answers.push(answer.json<{ code: string }>().code)
      // The repeat is answered by the code record and not from the stored answer.
      for (const key of await api.redis.keys('sms:*:idempotency')) await api.redis.del(key)
    }
    expect(answers).toEqual(['0', '0', '0'])
    await api.deps.guardCounts.flush()
    const group = await api.redis.getBuffer(keys.guarded('address', api.keyring.pseudonym(address)))
    const once = { seconds: 900, units: [1, 0] }
    expect(parseCounter(group).windows).toEqual([once, once])
    expect(await api.registry.metrics()).toContain('sms_codes_used_total{gateway="ccp"} 1')
  })

  it('stores nothing when it is off', async () => {
    await start({ guard: { mode: 'off' } })
    for (let i = 0; i < 12; i++)
      expect(await sendAndVerify(inSegment('1390006'))).toMatchObject({ code: '0' })
    expect(await api.redis.keys('sms:{gate}:guard:*')).toEqual([])
  })

  describe('for the whole service', () => {
    const little = { guard: { service: { min_sends: 20, min_percent: 50 } } }
    /** Sends codes, each from another address to another segment. */
    const spread = async (times: number) => {
      const codes = []
      for (let i = 0; i < times; i++) codes.push((await send(inSegment(String(1_500_000 + ++next))))['code'])
      return codes
    }
    const anyone = () => inSegment(String(1_500_000 + ++next))

    it.each(['deny', 'challenge'])(
      'requires a proof of every caller in the mode %s, and denies none',
      async (mode) => {
        await start(little, { guard: { mode } })
        expect(await spread(22)).toEqual([...Array<string>(20).fill('0'), '4001', '4001'])
        expect(await send(anyone())).toMatchObject({ code: '4001', challenge: 'proof' })
        const proof = { mobile: anyone(), proof: await proofOf(api) }
        expect(await post('/v1/sms_codes', proof, anAddress())).toMatchObject({ code: '0' })
        expect(await findings()).toEqual([
          { what: 'guard', mode: 'challenge', group: 'service', who: 'all', sends: '20', verified: '0' },
        ])
      },
    )

    it('requires nothing while enough codes are verified', async () => {
      await start(little, challenge)
      for (let i = 0; i < 12; i++) await sendAndVerify(anyone())
      expect(await spread(12)).toEqual(Array<string>(12).fill('0'))
      expect(await findings()).toEqual([])
    })

    it.each([
      ['in the mode observe', { guard: { mode: 'observe' } }],
      [
        'if proofs are off, because front ends without proofs would be locked out',
        { ...deny, step_up: { enabled: false } },
      ],
    ])('only reports %s', async (_where, more) => {
      await start(little, more)
      expect(await spread(25)).toEqual(Array<string>(25).fill('0'))
      expect(await findings()).toHaveLength(1)
    })
  })

  describe('when it finds a group again after its mark has expired', () => {
    const segment = '1390007'
    const mark = keys.guardMark('mark', 'segment', segment)
    /** The durations of the marks in minutes. Each mark begins when the one before has expired. */
    async function marks(times: number) {
      const lives = []
      for (let i = 0; i < times; i++) {
        await api.redis.del(mark)
        while ((await api.redis.exists(mark)) === 0) await send(inSegment(segment))
        lives.push(Math.ceil((await api.redis.pttl(mark)) / 60_000))
      }
      return lives
    }

    it('challenges the group for twice as long each time, up to a day', async () => {
      await start(challenge)
      expect(await marks(8)).toEqual([30, 60, 120, 240, 480, 960, 1_440, 1_440])
    })

    it('remembers a mark for a day after its end', async () => {
      await start(challenge)
      const hours = 3_600_000
      /** Lets time pass for the keys of the guard, by their lives. */
      const pass = async (ms: number) => {
        for (const key of await api.redis.keys('sms:{gate}:guard:*')) {
          const left = (await api.redis.pttl(key)) - ms
          await (left > 0 ? api.redis.pexpire(key, left) : api.redis.del(key))
        }
      }
      const nextMark = async () => {
        while ((await api.redis.exists(mark)) === 0) await send(inSegment(segment))
        return Math.ceil((await api.redis.pttl(mark)) / 60_000)
      }
      expect(await nextMark()).toBe(30)
      await pass(24 * hours)
      expect(await nextMark()).toBe(60)
      await pass(25 * hours + 60_000)
      expect(await nextMark()).toBe(30)
    })

    it('denies the group for the same time again, so that ten messages cannot lock users out for a day', async () => {
      await start(deny)
      expect(await marks(4)).toEqual([30, 30, 30, 30])
    })
  })
})
