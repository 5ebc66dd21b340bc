import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCodeStore } from '../../src/codes/code-store.ts'
import { keys } from '../../src/redis/keys.ts'
import { concurrently, newMobile, policy, startStore, wrong } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

const UNKNOWN_ID = `${'p'.repeat(22)}.${'r'.repeat(22)}`

/** Requests a code, as any caller can, and returns the id of the request and the code. */
async function ask(mobile: string, askedBy = '') {
  const issued = await store.codes.issue(mobile, 'default', { askedBy })
  if (issued.kind !== 'issued') throw new Error('nothing was issued')
  return { ...issued, id: issued.requestId, code: await store.codeOf(issued) }
}
const verify = (mobile: string, code: string, id?: string) => store.codes.verify(mobile, 'default', code, id)

/** Makes `count` wrong guesses at once and returns the answers, sorted by the guesses that are left. */
async function miss(mobile: string, code: string, id?: string, count = 5) {
  const answers = await concurrently(count, () => verify(mobile, wrong(code), id))
  return answers
    .map((answer) => (answer.kind === 'no' ? answer.attemptsLeft : answer.kind))
    .toSorted((a, b) => Number(a) - Number(b))
}

describe('a stranger who asks first', () => {
  it('cannot use up the guesses of an owner who asks later, with or without an id', async () => {
    const mobile = newMobile()
    const stranger = await ask(mobile, 'stranger')
    await store.pass(61)
    const owner = await ask(mobile, 'owner')
    expect(owner.code).toBe(stranger.code)
    for (const id of [stranger.id, undefined, UNKNOWN_ID, 'x']) await miss(mobile, owner.code, id, 20)
    expect(await verify(mobile, owner.code, stranger.id)).toMatchObject({ kind: 'no' })
    expect(await verify(mobile, owner.code, undefined)).toMatchObject({ kind: 'no' })
    expect(await verify(mobile, owner.code, owner.id)).toMatchObject({ kind: 'ok', askedBy: 'stranger' })
  })

  it('cannot do so from the address of the owner', async () => {
    const mobile = newMobile()
    const stranger = await ask(mobile, 'office')
    await store.pass(61)
    const owner = await ask(mobile, 'office')
    await miss(mobile, owner.code, stranger.id)
    expect(await verify(mobile, owner.code, owner.id)).toMatchObject({ kind: 'ok' })
  })

  it('cannot do so in a whole day of requests and guesses', async () => {
    const mobile = newMobile()
    for (let n = 1; n < 10; n++) {
      const stranger = await ask(mobile, `stranger ${n}`)
      for (const id of [stranger.id, undefined, UNKNOWN_ID]) await miss(mobile, stranger.code, id, 7)
      await store.pass(n === 9 ? 61 : 1_000)
    }
    const owner = await ask(mobile, 'owner')
    expect(await verify(mobile, owner.code, undefined)).toMatchObject({ kind: 'throttled' })
    expect(await miss(mobile, owner.code, owner.id, 4)).toEqual([1, 2, 3, 4])
    expect(await verify(mobile, owner.code, owner.id)).toMatchObject({ kind: 'ok' })
  })

  it('cannot replace the code that the owner has received', async () => {
    const mobile = newMobile()
    const owner = await ask(mobile, 'owner')
    for (const id of [undefined, UNKNOWN_ID]) await miss(mobile, owner.code, id)
    await store.pass(61)
    const stranger = await ask(mobile, 'stranger')
    for (const id of [stranger.id, undefined]) await miss(mobile, owner.code, id)
    await store.pass(61)
    await ask(mobile, 'stranger')
    expect(await verify(mobile, owner.code, owner.id)).toMatchObject({ kind: 'ok' })
  })
})

describe('an owner who asks again', () => {
  it('from another network keeps the guesses of both ids', async () => {
    const mobile = newMobile()
    const home = await ask(mobile, 'home')
    await store.pass(61)
    const train = await ask(mobile, 'train')
    expect(await miss(mobile, home.code, home.id, 4)).toEqual([1, 2, 3, 4])
    expect(await miss(mobile, home.code, train.id, 4)).toEqual([1, 2, 3, 4])
    expect(await verify(mobile, home.code, home.id)).toMatchObject({ kind: 'ok' })
  })

  it('gets the same code with a new id if the first id is spent, and new guesses without an id', async () => {
    const mobile = newMobile()
    const first = await ask(mobile)
    expect(await miss(mobile, first.code, first.id)).toEqual([0, 1, 2, 3, 4])
    expect(await miss(mobile, first.code)).toEqual([0, 1, 2, 3, 4])
    await store.pass(61)
    const second = await ask(mobile)
    expect(second.code).toBe(first.code)
    expect(await verify(mobile, first.code, first.id)).toEqual({ kind: 'no', attemptsLeft: 0 })
    expect(await miss(mobile, first.code, undefined, 1)).toEqual([4])
    expect(await miss(mobile, first.code, second.id, 1)).toEqual([4])
    expect(await store.codes.find(second.id, ['default'])).toMatchObject({ status: 'queued', sends: 2 })
    expect(await verify(mobile, first.code, second.id)).toMatchObject({ kind: 'ok', rid: first.id })
  })
})

describe('an id that is no request id of the code', () => {
  it('gets the answers to wrong guesses that a request id gets', async () => {
    const mobile = newMobile()
    const [stale, { id, code }] = [(await ask(newMobile())).id, await ask(mobile)]
    await miss(mobile, code, undefined, 3)
    for (const one of [id, UNKNOWN_ID, stale, 'x'])
      for (const left of [4, 3, 2, 1, 0, 0]) expect(await miss(mobile, code, one, 1)).toEqual([left])
    await miss(mobile, code, undefined, 20)
    expect(await miss(mobile, code, `${UNKNOWN_ID}2`, 1)).toEqual([4])
    await store.pass(300)
    for (const one of [id, UNKNOWN_ID, 'y']) expect(await miss(mobile, code, one, 1)).toEqual([0])
  })

  it('gets them after the 15 misses of a day, too, when guesses without an id are refused', async () => {
    const mobile = newMobile()
    let asked = await ask(mobile)
    for (let n = 0; n < 3; n++) {
      await miss(mobile, asked.code)
      await store.pass(61)
      asked = await ask(mobile)
    }
    expect(await verify(mobile, asked.code, undefined)).toMatchObject({ kind: 'throttled' })
    for (const id of [asked.id, UNKNOWN_ID])
      expect(await verify(mobile, wrong(asked.code), id)).toEqual({ kind: 'no', attemptsLeft: 4 })
    expect(await verify(mobile, asked.code, UNKNOWN_ID)).toEqual({ kind: 'no', attemptsLeft: 3 })
    expect(await verify(mobile, asked.code, asked.id)).toMatchObject({ kind: 'ok' })
  })

  it.each([
    ['two ids in one text', (ids: string[]) => ids.join(' ')],
    ['an id and a space', ([id]: string[]) => `${id} `],
    ['the end of an id', ([id = '']: string[]) => id.slice(1)],
    ['a pattern', () => '%S+'],
  ])('shares the guesses of callers without an id: %s', async (_what, make) => {
    const mobile = newMobile()
    const first = await ask(mobile)
    await store.pass(61)
    const second = await ask(mobile)
    await miss(mobile, first.code)
    expect(await verify(mobile, first.code, make([first.id, second.id]))).toMatchObject({ kind: 'no' })
    expect(await verify(mobile, first.code, second.id)).toMatchObject({ kind: 'ok' })
  })

  it('has new guesses when a new code replaces the old one', async () => {
    const mobile = newMobile()
    await miss(mobile, (await ask(mobile)).code, UNKNOWN_ID)
    await store.pass(300)
    const next = await ask(mobile)
    expect(await miss(mobile, next.code, UNKNOWN_ID)).toEqual([0, 1, 2, 3, 4])
  })

  it('is not stored in clear, because it may be a number', async () => {
    const mobile = newMobile()
    const { code } = await ask(mobile)
    await miss(mobile, code, mobile, 1)
    const stored = await store.redis.hkeys(keys.guesses(store.keyring.pseudonym(mobile), 'default'))
    expect(stored).toHaveLength(1)
    expect(stored.join()).not.toContain(mobile)
  })
})

describe('the guesses of a day', () => {
  it('are limited even if every send fails and gives its slot back', async () => {
    const [mobile, own] = [newMobile(), { ...policy, missesWithIdPerDay: 12 }]
    const codes = createCodeStore(store.redis, store.keyring, () => own)
    let compared = 0
    for (let n = 0; n < 6; n++) {
      const { id, send, code } = await ask(mobile)
      const answers = await concurrently(5, () => codes.verify(mobile, 'default', wrong(code), id))
      compared += answers.filter(({ kind }) => kind === 'no').length
      await store.ledger.settleUnclaimed(send, { status: 'failed' })
    }
    expect(compared).toBe(12)
    const { id, code } = await ask(mobile)
    for (const one of [id, UNKNOWN_ID])
      expect(await codes.verify(mobile, 'default', code, one)).toMatchObject({ kind: 'throttled' })
    expect(await codes.verify(mobile, 'default', code, undefined)).toMatchObject({ kind: 'ok' })
  })
})
