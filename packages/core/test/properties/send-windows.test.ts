import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { policiesOf } from '../../src/codes/code-policies.ts'
import { createCodeStore } from '../../src/codes/code-store.ts'
import { agePhone, SCENES } from '../age.ts'
import { loadPolicy } from '../policy-file.ts'
import { newMobile, policy, startStore } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

// Just before, at and after the end of each window. All are multiples of ten seconds, because a command takes less.
const pause = fc.constantFrom(0, 10, 50, 60, 60, 60, 60, 70, 600, 3_300, 3_590, 3_600, 40_000, 82_800)
const requests = fc.array(fc.tuple(pause, fc.constantFrom(...SCENES)), {
  minLength: 1,
  maxLength: 30,
  size: 'max',
})

/** Whether one more send is allowed at `now`, by a recount of all accepted times. */
const fits = (accepted: readonly number[], now: number) =>
  policy.sends.every(
    ({ most, seconds }) => accepted.filter((at) => at <= now && now - at < seconds).length < most,
  )

/** The wait until one more send is allowed, found by a recount every ten seconds. */
function waitFor(accepted: readonly number[], now: number): number {
  let wait = 0
  while (!fits(accepted, now + wait)) wait += 10
  return wait
}

describe('the send limits of a phone', () => {
  it.each([
    ['rising', policy.sends],
    ['falling', policy.sends.toReversed()],
  ])(
    'in %s order accept and refuse what a recount of all accepted sends would, and answer the same wait',
    async (_order, sends) => {
      const codes = createCodeStore(store.redis, store.keyring, () => ({ ...policy, sends }))
      const full = new Set<number>()
      await fc.assert(
        fc.asyncProperty(requests, async (list) => {
          const mobile = newMobile()
          const ph = store.keyring.pseudonym(mobile)
          const accepted: number[] = []
          let now = 0
          for (const [seconds, scene] of list) {
            await agePhone(store.redis, ph, seconds)
            now += seconds
            const wait = waitFor(accepted, now)
            const answer = await codes.issue(mobile, scene)
            expect(answer.kind).toBe(wait === 0 ? 'issued' : 'throttled')
            if (wait === 0) accepted.push(now)
            else if (answer.kind === 'throttled') full.add(answer.windowSeconds)
            const answeredWait = answer.kind === 'issued' ? answer.resendAfter : answer.retryAfter
            expect(Math.ceil(answeredWait / 10) * 10).toBe(waitFor(accepted, now))
          }
        }),
        { numRuns: 300 },
      )
      expect([...full].toSorted((a, b) => a - b)).toEqual(policy.sends.map(({ seconds }) => seconds))
    },
    180_000,
  )

  it('have the same policy in every order', () => {
    const orders = [
      ['1/60s', '5/1h', '10/1d'],
      ['10/1d', '5/1h', '1/60s'],
      ['5/1h', '10/1d', '1/60s'],
    ]
    const [rising, ...others] = orders.map((sends) => {
      const settings = { codes: { sends }, scenes: { default: {}, login: { sends } } }
      const policies = Object.values(policiesOf(loadPolicy(settings)))
      return policies.map(({ keepSendsSeconds, missesWithIdPerDay }) => ({
        keepSendsSeconds,
        missesWithIdPerDay,
      }))
    })
    expect(rising?.[0]).toEqual({ keepSendsSeconds: 86_400, missesWithIdPerDay: 100 })
    for (const other of others) expect(other).toEqual(rising)
  })

  it('count the sends of a scene with short windows in the long windows of another scene', async () => {
    const scenes = { default: {}, login: { sends: ['1/60s'] } }
    const policies = policiesOf(loadPolicy({ codes: { sends: ['1/60s', '3/1d'] }, scenes }))
    const codes = createCodeStore(store.redis, store.keyring, (scene) => policies[scene] ?? policy)
    const mobile = newMobile()
    const kinds: string[] = []
    for (const scene of ['login', 'default', 'login', 'default', 'login']) {
      await agePhone(store.redis, store.keyring.pseudonym(mobile), 70)
      kinds.push((await codes.issue(mobile, scene)).kind)
    }
    expect(kinds).toEqual(['issued', 'issued', 'issued', 'throttled', 'issued'])
  })
})
