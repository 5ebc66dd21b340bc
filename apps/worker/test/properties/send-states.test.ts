import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import type { SendLedger } from '@sms-codes/core/codes/send-ledger'
import type { Send } from '@sms-codes/core/codes/send'
import type { Outcome, OutcomeClass, SmsGateway, SmsMessage } from '@sms-codes/gateways/gateway'
import { agePhone } from '@sms-codes/core/test/age'
import { deliver } from '../../src/delivery/deliver.ts'
import type { Delivered } from '../../src/delivery/attempt.ts'
import { jobOf, LEASE_MS, log, messageOf, newMobile, sendOf, startDelivery } from '../worker.ts'

let delivery: Awaited<ReturnType<typeof startDelivery>>
beforeAll(async () => {
  delivery = await startDelivery()
})
afterAll(() => delivery.stop())

/** The step at which a worker's process dies. A death during a call is an `Answer`. */
type Death = 'never' | 'after its first claim' | 'after its second claim' | 'before it settles'
/** How a call ends. After `ambiguous` and `worker dies`, `arrives` says whether the handset got the message. */
type Answer = { how: Exclude<OutcomeClass, 'duplicate'> | 'worker dies'; arrives: boolean }
type Step =
  | { do: 'start a worker'; death: Death }
  | ({ do: 'answer a call'; which: number } & Answer)
  | { do: 'let time pass'; seconds: number }
  | { do: 'settle without a claim' }
  | { do: 'verify the code' }

const workerDied = new Error('the worker died')
/** After these answers it is certain whether the message left. */
const WITHOUT_DOUBT = new Set(['accepted', 'switch_now', 'retry_same', 'number', 'number_limit', 'config'])

/**
 * One send with its gateways, its handset and any number of workers. A call waits until the test answers it.
 *
 * @param recognising for each gateway whether it recognises a repeated message
 */
async function createWorld(recognising: readonly boolean[]) {
  const mobile = newMobile()
  const issued = await delivery.codes.issue(mobile, 'default')
  const send: Send = sendOf(issued)
  const code = await delivery.codeOf(issued)
  const handset: SmsMessage[] = []
  const gatewaysWithMessage = new Set<string>()
  const ends: string[] = []
  const pendingCalls: { answer: (answer: Answer) => void; next: () => Promise<unknown> }[] = []
  let isCertain = true

  /** The gateway takes the message. Returns false if it recognises it as a repeat. */
  function arrive(gateway: SmsGateway, message: SmsMessage): boolean {
    const isRepeat = gateway.recognises(0, 0) && gatewaysWithMessage.has(gateway.name)
    if (!isRepeat) handset.push(message)
    gatewaysWithMessage.add(gateway.name)
    return !isRepeat
  }

  /** @throws the death of the worker */
  function outcomeOf(gateway: SmsGateway, message: SmsMessage, { how, arrives }: Answer): Outcome {
    if (!WITHOUT_DOUBT.has(how)) isCertain = false
    const isNew = (how === 'accepted' || (!WITHOUT_DOUBT.has(how) && arrives)) && arrive(gateway, message)
    if (how === 'worker dies') throw workerDied
    return { class: how === 'accepted' && !isNew ? 'duplicate' : how, code: how }
  }

  /** The ledger of a worker that dies at a certain point. */
  function ledgerOfWorker(death: Death): SendLedger {
    let claims = 0
    return {
      ...delivery.ledger,
      claim: async (...args) => {
        const claim = await delivery.ledger.claim(...args)
        claims += 1
        if (death === (claims === 1 ? 'after its first claim' : 'after its second claim')) throw workerDied
        return claim
      },
      settle: async (...args) => {
        if (death === 'before it settles') throw workerDied
        return delivery.ledger.settle(...args)
      },
    }
  }

  /** Runs the job of the send in a new worker, until the worker waits for a gateway or has ended. */
  async function startWorker(death: Death): Promise<Delivered | 'calls' | Error> {
    if (death !== 'never' || pendingCalls.length > 0) isCertain = false
    let onCall: (state: 'calls') => void = () => {}
    const metrics = { ...delivery.metrics, ended: (status: string) => void ends.push(status) }
    const gateways = recognising.map((recognises, i): SmsGateway => ({
      name: `gateway${i}`,
      recognises: () => recognises,
      send(message) {
        return new Promise((resolve, reject) => {
          pendingCalls.push({
            answer: (answer) => {
              try {
                resolve(outcomeOf(this, message, answer))
              } catch (err) {
                reject(err)
              }
            },
            next,
          })
          onCall('calls')
        })
      },
    }))
    const run = deliver(
      jobOf(send),
      {
        channel: 'sms',
        ledger: ledgerOfWorker(death),
        order: () => gateways,
        metrics,
        traffic: delivery.traffic,
        log,
        messageOf,
        leaseMs: LEASE_MS,
        other: null,
        followUp: null,
      },
      AbortSignal.timeout(60_000),
    ).catch((err: Error) => err)
    const next = () => Promise.race([run, new Promise<'calls'>((resolve) => (onCall = resolve))])
    return next()
  }

  const status = async () => (await delivery.codes.find(send.rid, ['default']))?.status
  return {
    code,
    handset,
    ends,
    status,
    startWorker,
    /** Whether no message was ever in doubt. */
    isCertain: () => isCertain,
    pass: (seconds: number) => agePhone(delivery.redis, delivery.keyring.pseudonym(mobile), seconds),
    async answer(which: number, answer: Answer) {
      const [call] = pendingCalls.splice(which % Math.max(1, pendingCalls.length), 1)
      if (call === undefined) return
      const next = call.next()
      call.answer(answer)
      await next
    },
    isWaiting: () => pendingCalls.length > 0,
    settleUnclaimed: async () => {
      if (await delivery.ledger.settleUnclaimed(send, { status: 'failed', reason: 'job_failed' }))
        ends.push('failed')
    },
    verifyTheCode: async () => {
      if (handset.length > 0) await delivery.codes.verify(mobile, 'default', code, send.rid)
    },
  }
}
type World = Awaited<ReturnType<typeof createWorld>>

const take = (world: World, step: Step): Promise<unknown> => {
  if (step.do === 'start a worker') return world.startWorker(step.death)
  if (step.do === 'answer a call') return world.answer(step.which, step)
  if (step.do === 'let time pass') return world.pass(step.seconds)
  return step.do === 'settle without a claim' ? world.settleUnclaimed() : world.verifyTheCode()
}

const isFinal = (status: string | undefined) => /^(sent|failed)$/.test(status ?? '')

const death = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Death>('never') },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Death>('after its first claim', 'after its second claim', 'before it settles'),
  },
)
const how = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('ambiguous', 'worker dies') },
  { weight: 4, arbitrary: fc.constantFrom('switch_now', 'config') },
  { weight: 1, arbitrary: fc.constantFrom('accepted', 'retry_same', 'number', 'number_limit') },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 20, arbitrary: fc.record({ do: fc.constant('start a worker'), death }) },
  {
    weight: 24,
    arbitrary: fc.record({ do: fc.constant('answer a call'), which: fc.nat(3), how, arrives: fc.boolean() }),
  },
  {
    weight: 16,
    arbitrary: fc.record({ do: fc.constant('let time pass'), seconds: fc.constantFrom(2, 2, 2, 2, 30) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'settle without a claim' }) },
  { weight: 1, arbitrary: fc.constant({ do: 'verify the code' }) },
)

const start: Step = { do: 'start a worker', death: 'never' }
const pass: Step = { do: 'let time pass', seconds: 2 }
const answered = (kind: Answer['how'], arrives = false): Step => ({
  do: 'answer a call',
  which: 0,
  how: kind,
  arrives,
})

/** Runs in which earlier versions sent three messages. */
const REGRESSIONS: [boolean[], Step[]][] = [
  // A worker lost its claim to another worker while it waited, and then went on with its old plan.
  [
    [true, false],
    [start, pass, start, pass, start, pass, answered('switch_now'), pass, answered('switch_now')],
  ],
  // A worker died between learning of a doubt and its call, and the doubt was lost.
  [
    [true, false],
    [
      start,
      answered('switch_now'),
      answered('ambiguous', true),
      start,
      answered('switch_now'),
      pass,
      { do: 'start a worker', death: 'after its first claim' },
    ],
  ],
]

describe('a send, whatever its workers, gateways and clocks do', () => {
  it('ends once, and puts at most two messages on the handset, or at most one if none was ever in doubt', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
        fc.array(step, { maxLength: 30, size: 'max' }),
        async (recognising, steps) => {
          const world = await createWorld(recognising)
          let last: string | undefined
          const checkPromises = async () => {
            const status = await world.status()
            expect(status).toBe(isFinal(last) ? last : status)
            last = status
            expect(world.ends.length).toBeLessThanOrEqual(1)
            for (const end of world.ends) expect(status).toBe(end)
            expect(world.handset.length).toBeLessThanOrEqual(world.isCertain() ? 1 : 2)
            expect(new Set(world.handset.map(({ id }) => id)).size).toBeLessThanOrEqual(1)
            for (const { code } of world.handset) expect(code).toBe(world.code)
          }
          for (const next of steps) {
            await take(world, next)
            await checkPromises()
          }
          // After all waiting workers have died, a healthy worker with healthy gateways must end the send.
          while (world.isWaiting()) await world.answer(0, { how: 'worker dies', arrives: true })
          for (let i = 0; i < 3 && !isFinal(await world.status()); i++) {
            await world.pass(2)
            await world.startWorker('never')
            while (world.isWaiting()) await world.answer(0, { how: 'accepted', arrives: true })
            await checkPromises()
          }
          expect(isFinal(await world.status())).toBe(true)
        },
      ),
      { numRuns: 600, examples: REGRESSIONS },
    )
  }, 180_000)
})
