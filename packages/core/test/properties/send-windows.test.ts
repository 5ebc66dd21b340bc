import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { agePhone, SCENES } from '../age.ts'
import { aMobile, policy, startStore } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

// All in tens of seconds, which no command takes: just before, at and past the end of each window.
const pause = fc.constantFrom(0, 10, 50, 60, 60, 60, 60, 70, 600, 3_300, 3_590, 3_600, 40_000, 82_800)
const requests = fc.array(fc.tuple(pause, fc.constantFrom(...SCENES)), {
  minLength: 1,
  maxLength: 30,
  size: 'max',
})

/** What a recount of all accepted times says at `now`: may one more be sent? */
const fits = (accepted: readonly number[], now: number) =>
  policy.sends.every(
    ({ most, seconds }) => accepted.filter((at) => at <= now && now - at < seconds).length < most,
  )

/** The wait until it may, found by asking again every ten seconds. */
function waitFor(accepted: readonly number[], now: number): number {
  let wait = 0
  while (!fits(accepted, now + wait)) wait += 10
  return wait
}

describe('the minute, the hour and the day of a phone', () => {
  it('accept and refuse, and name the wait, as a recount of everything accepted would', async () => {
    const full = new Set<number>()
    await fc.assert(
      fc.asyncProperty(requests, async (asked) => {
        const mobile = aMobile()
        const ph = store.keyring.pseudonym(mobile)
        const accepted: number[] = []
        let now = 0
        for (const [seconds, scene] of asked) {
          await agePhone(store.redis, ph, seconds)
          now += seconds
          const wait = waitFor(accepted, now)
          const answer = await store.codes.issue(mobile, scene)
          expect(answer.kind).toBe(wait === 0 ? 'issued' : 'throttled')
          if (wait === 0) accepted.push(now)
          else if (answer.kind === 'throttled') full.add(answer.windowSeconds)
          const told = answer.kind === 'issued' ? answer.resendAfter : answer.retryAfter
          expect(Math.ceil(told / 10) * 10).toBe(waitFor(accepted, now))
        }
      }),
      { numRuns: 300 },
    )
    expect([...full].toSorted((a, b) => a - b)).toEqual(policy.sends.map(({ seconds }) => seconds))
  }, 30_000)
})
