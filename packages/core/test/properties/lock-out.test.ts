import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { keys } from '../../src/redis/keys.ts'
import { agePhone } from '../age.ts'
import { newMobile, policy, startStore, wrong } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

const PARTIES = ['owner', 'stranger', 'another stranger'] as const
type Party = (typeof PARTIES)[number]
/** A guess is always wrong. It carries the party's newest id, no id, or an id that was made up. */
type Step =
  | { kind: 'send'; party: Party }
  | { kind: 'guess'; party: Party; id: 'own' | 'none' | 'made up' }
  | { kind: 'pass'; seconds: number }

const party = fc.constantFrom(...PARTIES)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('send'), party }) },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('guess'),
      party,
      id: fc.constantFrom('own', 'own', 'none', 'made up'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('pass'),
      seconds: fc.constantFrom(61, 61, 61, 130, 700, 3_600),
    }),
  },
)

/** Lets the parties act on one phone and records what each received. */
async function play(mobile: string, steps: readonly Step[]) {
  const ph = store.keyring.pseudonym(mobile)
  const ids = new Map<Party, string[]>()
  const guesses = new Map<string, number>()
  const codes = new Map<string, { sends: number; compared: number }>()
  let [newest, code] = ['', '123456']

  async function compared(): Promise<number> {
    const sets = [keys.missesWithId(ph), keys.missesWithoutId(ph)]
    const sizes = await Promise.all(sets.map(async (key) => store.redis.zcard(key)))
    return sizes.reduce((sum, size) => sum + size, 0)
  }
  async function send(by: Party): Promise<void> {
    // All parties have one address, which is the hardest case.
    const issued = await store.codes.issue(mobile, 'default', { askedBy: 'office' })
    if (issued.kind !== 'issued') return
    ids.set(by, [...(ids.get(by) ?? []), issued.requestId])
    newest = issued.send.rid
    code = await store.codeOf(issued)
    const { sends, compared: before } = codes.get(newest) ?? { sends: 0, compared: 0 }
    codes.set(newest, { sends: sends + 1, compared: before })
  }
  async function guess(by: Party, kind: 'own' | 'none' | 'made up'): Promise<void> {
    const own = kind === 'own' ? ids.get(by)?.at(-1) : undefined
    if (own !== undefined) guesses.set(own, (guesses.get(own) ?? 0) + 1)
    const before = await compared()
    await store.codes.verify(mobile, 'default', wrong(code), own ?? (kind === 'none' ? undefined : by))
    const counts = codes.get(newest)
    if (counts !== undefined) counts.compared += (await compared()) - before
  }
  for (const one of steps) {
    if (one.kind === 'send') await send(one.party)
    else if (one.kind === 'guess') await guess(one.party, one.id)
    else await agePhone(store.redis, ph, one.seconds)
  }
  return { ownerIds: ids.get('owner') ?? [], guesses, codes: [...codes.values()], compared: await compared() }
}

/** The ids of a code that has not expired, and the code. */
async function liveCode(mobile: string) {
  const fields = ['rid', 'other_request_ids', 'expires_at', 'sealed'] as const
  const [rid, others, expiresAt, sealed] = await store.redis.hmget(store.recordKey(mobile), ...fields)
  const ids = Number(expiresAt) > Date.now() ? [rid, ...(others ?? '').split(' ')] : []
  const issued = { kind: 'issued', send: { rid: rid ?? '', scene: 'default', n: 1 } } as const
  const code =
    sealed === null ? '' : await store.codeOf({ ...issued, requestId: '', expiresIn: 0, resendAfter: 0 })
  return { ids, code }
}

describe('several parties that request and guess the code of one phone, in any order', () => {
  it('never get more compares than the bound, and cannot keep the owner from a code with unspent guesses', async () => {
    let verified = 0
    let againstStrangers = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        const mobile = newMobile()
        const { ownerIds, guesses, codes, compared } = await play(mobile, steps)
        // Each send adds guesses for one id, and new guesses without an id.
        for (const one of codes) expect(one.compared).toBeLessThanOrEqual(2 * policy.compares * one.sends)
        const sends = codes.reduce((sum, one) => sum + one.sends, 0)
        expect(compared).toBeLessThanOrEqual(policy.compares * sends + policy.missesPerDay)

        const { ids, code } = await liveCode(mobile)
        const usable = ownerIds.filter((id) => ids.includes(id) && (guesses.get(id) ?? 0) < policy.compares)
        const [id] = usable
        if (id === undefined) return
        expect(await store.codes.verify(mobile, 'default', code, id)).toMatchObject({ kind: 'ok' })
        verified += 1
        if (compared > policy.compares) againstStrangers += 1
      }),
      { numRuns: 300 },
    )
    expect(verified).toBeGreaterThan(30)
    expect(againstStrangers).toBeGreaterThan(15)
  }, 180_000)
})
