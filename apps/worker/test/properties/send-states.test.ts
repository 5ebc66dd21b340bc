import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import type { SendLedger } from '@sms-codes/core/codes/send-ledger'
import type { Send } from '@sms-codes/core/codes/send'
import type { Outcome, OutcomeClass, SmsMessage } from '@sms-codes/gateways/gateway'
import { agePhone } from '@sms-codes/core/test/age'
import { deliver } from '../../src/delivery/deliver.ts'
import type { Delivered } from '../../src/delivery/attempt.ts'
import type { ListedGateway } from '../../src/gateways/listed-gateway.ts'
import { aMobile, jobOf, LEASE_MS, log, sendOf, startDelivery } from '../worker.ts'

let delivery: Awaited<ReturnType<typeof startDelivery>>
beforeAll(async () => {
  delivery = await startDelivery()
})
afterAll(() => delivery.stop())

/** Where a worker's process may end beside in a call. */
type Death = 'never' | 'after its first claim' | 'after its second claim' | 'before it settles'
/** What a call comes to; of "ambiguous" and "dies" only the handset knows whether the message left. */
type Answer = { what: Exclude<OutcomeClass, 'duplicate'> | 'dies'; arrives: boolean }
type Step =
  | { do: 'start'; dies: Death }
  | ({ do: 'answer'; which: number } & Answer)
  | { do: 'pass'; seconds: number }
  | { do: 'bury' }
  | { do: 'type the code' }

const died = new Error('this worker is gone')
const WITHOUT_DOUBT = new Set(['accepted', 'switch_now', 'retry_same', 'number', 'number_limit', 'config'])

/** Gateways, a handset and any number of workers around one send; calls wait until they are answered. */
async function createWorld(idempotent: readonly boolean[]) {
  const mobile = aMobile()
  const issued = await delivery.codes.issue(mobile, 'default')
  const send: Send = sendOf(issued)
  const code = await delivery.codeOf(issued)
  const handset: SmsMessage[] = []
  const taken = new Set<string>()
  const ended: string[] = []
  const pending: { answer: (how: Answer) => void; next: () => Promise<unknown> }[] = []
  let certain = true

  function arrive(gateway: ListedGateway, message: SmsMessage): boolean {
    const known = gateway.recognises(0, 0) && taken.has(gateway.name)
    if (!known) handset.push(message)
    taken.add(gateway.name)
    return !known
  }

  function outcomeOf(gateway: ListedGateway, message: SmsMessage, { what, arrives }: Answer): Outcome {
    if (!WITHOUT_DOUBT.has(what)) certain = false
    const isNew = (what === 'accepted' || (!WITHOUT_DOUBT.has(what) && arrives)) && arrive(gateway, message)
    if (what === 'dies') throw died
    return { class: what === 'accepted' && !isNew ? 'duplicate' : what, code: what }
  }

  function mortal(dies: Death): SendLedger {
    let claims = 0
    return {
      claim: async (...args) => {
        const claim = await delivery.ledger.claim(...args)
        claims += 1
        if (dies === (claims === 1 ? 'after its first claim' : 'after its second claim')) throw died
        return claim
      },
      settle: async (...args) => {
        if (dies === 'before it settles') throw died
        return delivery.ledger.settle(...args)
      },
      settleUnclaimed: (...args) => delivery.ledger.settleUnclaimed(...args),
      lapse: (...args) => delivery.ledger.lapse(...args),
      report: (...args) => delivery.ledger.report(...args),
    }
  }

  /** Starts a worker; settles when it waits for a gateway or has ended. */
  async function start(dies: Death): Promise<Delivered | 'calls' | Error> {
    if (dies !== 'never' || pending.length > 0) certain = false
    let called: (what: 'calls') => void = () => {}
    const metrics = { ...delivery.metrics, ended: (status: string) => void ended.push(status) }
    const gateways = idempotent.map((recognises, i): ListedGateway => ({
      name: `gateway${i}`,
      recognises: () => recognises,
      send(message) {
        return new Promise((resolve, reject) => {
          pending.push({
            answer: (how) => {
              try {
                resolve(outcomeOf(this, message, how))
              } catch (err) {
                reject(err)
              }
            },
            next,
          })
          called('calls')
        })
      },
    }))
    const run = deliver(
      jobOf(send),
      {
        channel: 'sms',
        ledger: mortal(dies),
        order: () => gateways,
        metrics,
        log,
        leaseMs: LEASE_MS,
        fallback: null,
        followUp: null,
      },
      AbortSignal.timeout(60_000),
    ).catch((err: Error) => err)
    const next = () => Promise.race([run, new Promise<'calls'>((resolve) => (called = resolve))])
    return next()
  }

  const status = async () => (await delivery.codes.find(send.rid, ['default']))?.status
  return {
    code,
    handset,
    ended,
    status,
    start,
    isCertain: () => certain,
    pass: (seconds: number) => agePhone(delivery.redis, delivery.keyring.pseudonym(mobile), seconds),
    async answer(which: number, how: Answer) {
      const [call] = pending.splice(which % Math.max(1, pending.length), 1)
      if (call === undefined) return
      const next = call.next()
      call.answer(how)
      await next
    },
    isWaiting: () => pending.length > 0,
    bury: async () => {
      if (await delivery.ledger.settleUnclaimed(send, { status: 'failed', reason: 'job_failed' }))
        ended.push('failed')
    },
    typeTheCode: async () => {
      if (handset.length > 0) await delivery.codes.verify(mobile, 'default', code, send.rid)
    },
  }
}
type World = Awaited<ReturnType<typeof createWorld>>

const take = (world: World, step: Step): Promise<unknown> => {
  if (step.do === 'start') return world.start(step.dies)
  if (step.do === 'answer') return world.answer(step.which, step)
  if (step.do === 'pass') return world.pass(step.seconds)
  return step.do === 'bury' ? world.bury() : world.typeTheCode()
}

const isTerminal = (status: string | undefined) => /^(sent|failed)$/.test(status ?? '')

const death = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Death>('never') },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Death>('after its first claim', 'after its second claim', 'before it settles'),
  },
)
const what = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('ambiguous', 'dies') },
  { weight: 4, arbitrary: fc.constantFrom('switch_now', 'config') },
  { weight: 1, arbitrary: fc.constantFrom('accepted', 'retry_same', 'number', 'number_limit') },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 20, arbitrary: fc.record({ do: fc.constant('start'), dies: death }) },
  {
    weight: 24,
    arbitrary: fc.record({ do: fc.constant('answer'), which: fc.nat(3), what, arrives: fc.boolean() }),
  },
  {
    weight: 16,
    arbitrary: fc.record({ do: fc.constant('pass'), seconds: fc.constantFrom(2, 2, 2, 2, 30) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'bury' }) },
  { weight: 1, arbitrary: fc.constant({ do: 'type the code' }) },
)

const start: Step = { do: 'start', dies: 'never' }
const pass: Step = { do: 'pass', seconds: 2 }
const answered = (about: Answer['what'], arrives = false): Step => ({
  do: 'answer',
  which: 0,
  what: about,
  arrives,
})

/** Found once: three messages. */
const FOUND: [boolean[], Step[]][] = [
  // A worker that was overtaken while it waited went on with its old plan.
  [
    [true, false],
    [start, pass, start, pass, start, pass, answered('switch_now'), pass, answered('switch_now')],
  ],
  // A worker vanished between learning of a doubt and its call, and the doubt was forgotten.
  [
    [true, false],
    [
      start,
      answered('switch_now'),
      answered('ambiguous', true),
      start,
      answered('switch_now'),
      pass,
      { do: 'start', dies: 'after its first claim' },
    ],
  ],
]

describe('a send, whatever its workers, gateways and clocks do', () => {
  it('ends once and stays so, and puts at most two messages on the handset, one when nothing was in doubt', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
        fc.array(step, { maxLength: 30, size: 'max' }),
        async (idempotent, steps) => {
          const world = await createWorld(idempotent)
          let last: string | undefined
          const look = async () => {
            const status = await world.status()
            expect(status).toBe(isTerminal(last) ? last : status)
            last = status
            expect(world.ended.length).toBeLessThanOrEqual(1)
            for (const one of world.ended) expect(status).toBe(one)
            expect(world.handset.length).toBeLessThanOrEqual(world.isCertain() ? 1 : 2)
            expect(new Set(world.handset.map(({ id }) => id)).size).toBeLessThanOrEqual(1)
            for (const { code } of world.handset) expect(code).toBe(world.code)
          }
          for (const one of steps) {
            await take(world, one)
            await look()
          }
          // Everybody who still waits is gone, and the gateways are well: it must come to an end.
          while (world.isWaiting()) await world.answer(0, { what: 'dies', arrives: true })
          for (let i = 0; i < 3 && !isTerminal(await world.status()); i++) {
            await world.pass(2)
            await world.start('never')
            while (world.isWaiting()) await world.answer(0, { what: 'accepted', arrives: true })
            await look()
          }
          expect(isTerminal(await world.status())).toBe(true)
        },
      ),
      { numRuns: 600, examples: FOUND },
    )
  }, 60_000)
})
