import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { createCodeStore, type CodePolicy, type CodeStore } from '../../src/codes/code-store.ts'
import type { Channel, Send } from '../../src/codes/send.ts'
import type { DeliveryState, Settlement } from '../../src/codes/send-ledger.ts'
import { agePhone, SCENES, type Scene } from '../age.ts'
import { aMobile, startStore, wrong } from '../store.ts'
import { createModel, type Model } from './model.ts'

// Small numbers, so that forty commands reach every limit. All times are multiples of ten seconds, half a
// life is not, and answers are rounded up to ten seconds: what a command takes never decides.
const policy: CodePolicy = {
  length: 6,
  ttlSeconds: 310,
  sendWithinSeconds: 120,
  compares: 3,
  missesPerDay: 4,
  sends: [
    { most: 1, seconds: 60 },
    { most: 4, seconds: 1_800 },
    { most: 9, seconds: 86_400 },
  ],
}
const PASSES = [10, 10, 60, 60, 60, 60, 60, 130, 200, 300, 300, 620, 1_230, 90_000]
const LEASE_SECONDS = 20

let store: Awaited<ReturnType<typeof startStore>>
let codes: CodeStore
beforeAll(async () => {
  store = await startStore()
  codes = createCodeStore(store.redis, store.keyring, () => policy)
})
afterAll(() => store.stop())

/** One phone, and what its owner, strangers and workers remember of it. */
type World = { mobile: string; sends: Send[]; seen: string[]; fences: number[] }
type Step = fc.AsyncCommand<Model, World>

const reached = new Set<string>()
const outcome = (answer: { done?: unknown; reason?: unknown; status?: unknown; kind?: unknown }) =>
  String(answer.done ?? answer.reason ?? answer.status ?? answer.kind)

const tens = (n: number) => Math.ceil(n / 10) * 10
const SECONDS = new Set(['expiresIn', 'resendAfter', 'retryAfter'])

function coarse(answer: object): object {
  const rounded: Record<string, unknown> = {}
  for (const [name, value] of Object.entries<unknown>({ ...answer })) {
    if (SECONDS.has(name)) rounded[name] = tens(Number(value))
    else rounded[name] = /^(lifeMs|waitMs)$/.test(name) ? tens(Number(value) / 1000) : value
  }
  return rounded
}

/** A command that asks both and compares. `back` counts from the newest of what is remembered. */
function command(
  name: string,
  how: unknown[],
  ask: (model: Model, world: World) => Promise<[object, object]>,
) {
  return {
    check: () => true,
    run: async (model: Model, world: World) => {
      const [answer, expected] = await ask(model, world)
      expect(coarse(answer)).toMatchObject(coarse(expected))
      if ('done' in expected || 'kind' in expected) reached.add(`${name} ${outcome(expected)}`)
    },
    toString: () => `${name}(${how.map((part) => JSON.stringify(part)).join(', ')})`,
  } satisfies Step
}

const NOBODY: Send = { rid: `${'p'.repeat(22)}.${'r'.repeat(22)}`, scene: 'default', n: 1 }
const newest = <T>(list: T[], back: number, none: T): T => list.at(-1 - back) ?? none

const issue = (scene: Scene) =>
  command('issue', [scene], async (model, world) => {
    const answer = await codes.issue(world.mobile, scene)
    if (answer.kind !== 'issued') return [answer, model.issue(scene, { rid: '', code: '' })]
    const code = await store.codeOf(answer)
    const expected = model.issue(scene, { rid: answer.send.rid, code })
    // A new code has an id that nobody has seen; one that is sent again keeps its own.
    expect(world.sends.some(({ rid }) => rid === answer.send.rid)).toBe(answer.send.n > 1)
    world.sends.push(answer.send)
    world.seen.push(code)
    return [{ ...answer, code }, expected]
  })

const verify = (scene: Scene, back: number, right: boolean, ridBack: number | null) =>
  command('verify', [scene, back, right, ridBack], async (model, { mobile, sends, seen }) => {
    const known = newest(seen, back, '123456')
    const code = right ? known : wrong(known)
    const rid = ridBack === null ? undefined : newest(sends, ridBack, NOBODY).rid
    return [await codes.verify(mobile, scene, code, rid), model.verify(scene, code, rid)]
  })

const refund = (back: number) =>
  command('refund', [back], async (model, { sends }) => {
    const send = newest(sends, back, NOBODY)
    return [{ done: await codes.refund(send) }, { done: model.refund(send) }]
  })

const claim = (
  back: number,
  gateway: string,
  fenceBack: number | null,
  how: { risksSecondSend: boolean; channel: Channel },
) =>
  command('claim', [back, gateway, fenceBack, how], async (model, { mobile, sends, fences }) => {
    const send = newest(sends, back, NOBODY)
    const fence = fenceBack === null ? 0 : newest(fences, fenceBack, 0)
    const answer = await store.ledger.claim(send, gateway, { fence, leaseMs: LEASE_SECONDS * 1000, ...how })
    const expected = model.claim(send, gateway, { fence, leaseSeconds: LEASE_SECONDS, ...how })
    if (answer.kind === 'go') {
      fences.push(answer.fence)
      expect(answer.mobile).toBe(mobile)
    }
    return [answer, expected]
  })

const settle = (back: number, fenceBack: number | null, what: Settlement) =>
  command('settle', [back, fenceBack, what], async (model, { sends, fences }) => {
    const send = newest(sends, back, NOBODY)
    if (fenceBack === null) {
      const done = await store.ledger.settleUnclaimed(send, what)
      return [{ done }, { done: model.settleUnclaimed(send, what) }]
    }
    const fence = newest(fences, fenceBack, 0)
    return [{ done: await store.ledger.settle(send, fence, what) }, { done: model.settle(send, fence, what) }]
  })

const report = (back: number, state: DeliveryState, mayFallBack: boolean) =>
  command('report', [back, state, mayFallBack], async (model, { sends }) => {
    const send = newest(sends, back, NOBODY)
    return [await store.ledger.report(send, state, mayFallBack), model.report(send, state, mayFallBack)]
  })

const pass = (seconds: number) =>
  command('pass', [seconds], async (model, { mobile }) => {
    await agePhone(store.redis, store.keyring.pseudonym(mobile), seconds)
    model.pass(seconds)
    return [{}, {}]
  })

const forget = () =>
  command('forget', [], async (model) => {
    await store.redis.flushall()
    await store.redis.script('FLUSH')
    model.forget()
    return [{}, {}]
  })

const scene = fc.constantFrom(...SCENES, 'default' as const)
const back = fc.constantFrom(0, 0, 0, 0, 1, 2)
const maybe = fc.constantFrom(null, null, 0, 0, 0, 1)
const right = fc.constantFrom(true, false, false, false)
const gateway = fc.constantFrom('ccp', 'aliyun')
const channels = fc.constantFrom<Channel>('sms', 'sms', 'email')
const state = fc.constantFrom<DeliveryState>('delivered', 'undelivered', 'missing')
const settlement: fc.Arbitrary<Settlement> = fc.record({
  status: fc.constantFrom('queued', 'queued', 'moved', 'sent', 'sent', 'fell_back', 'failed'),
  gateway,
  messageId: fc.constant(''),
  channel: channels,
  doubtedGateway: fc.constantFrom('', 'ccp', 'aliyun'),
  secondSendRisked: fc.boolean(),
  reason: fc.constant(''),
})

const anything = fc.oneof(
  { weight: 8, arbitrary: scene.map(issue) },
  { weight: 16, arbitrary: fc.tuple(scene, back, right, maybe).map((how) => verify(...how)) },
  { weight: 8, arbitrary: fc.constantFrom(...PASSES).map(pass) },
  { weight: 2, arbitrary: back.map(refund) },
  {
    weight: 8,
    arbitrary: fc
      .tuple(back, gateway, maybe, fc.record({ risksSecondSend: fc.boolean(), channel: channels }))
      .map((how) => claim(...how)),
  },
  { weight: 4, arbitrary: fc.tuple(back, maybe, settlement).map((how) => settle(...how)) },
  { weight: 4, arbitrary: fc.tuple(back, state, fc.boolean()).map((how) => report(...how)) },
  { weight: 1, arbitrary: fc.constant(null).map(forget) },
)

/** Every kind of answer there is: a property that misses one says nothing about it. */
const ANSWERS: Record<string, string[]> = {
  issue: ['issued', 'throttled'],
  verify: ['ok', 'no', 'throttled'],
  refund: ['true', 'false'],
  claim: [
    'go',
    'busy',
    'late',
    'used',
    'moved',
    'replaced',
    'no_record',
    'sent',
    'delivered',
    'fell_back',
    'failed',
  ],
  report: ['delivered', 'moved', 'failed', 'early', 'kept'],
  settle: ['true', 'false'],
}

describe('the life of a code', () => {
  it('is in every answer what a model without races says, over any forty commands', async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands([anything], { maxCommands: 40, size: 'max' }), async (commands) => {
        const setup = () => ({
          model: createModel(policy),
          real: { mobile: aMobile(), sends: [], seen: [], fences: [] },
        })
        await fc.asyncModelRun(setup, commands)
      }),
      { numRuns: 1_500 },
    )
    const all = Object.entries(ANSWERS).flatMap(([asked, kinds]) => kinds.map((kind) => `${asked} ${kind}`))
    expect(reached).toEqual(new Set(all))
  }, 60_000)
})
