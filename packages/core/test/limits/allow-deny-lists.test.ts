import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parseListEntry, type ListEntry } from '../../src/limits/networks.ts'
import { createLists, type Lists } from '../../src/limits/allow-deny-lists.ts'
import { startStore } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
let lists: Lists
beforeAll(async () => {
  store = await startStore()
})
beforeEach(async () => {
  await store.redis.flushall()
  lists = createLists(store.redis)
})
afterAll(() => store.stop())

function entry(text: string): ListEntry {
  const parsed = parseListEntry(text)
  if (parsed === null) throw new Error('no entry')
  return parsed
}
const asker = (more: object = {}) => ({ ip: '10.1.2.3', mobile: '13900017777', ph: 'p'.repeat(22), ...more })
const NO_MATCH = { allow: null, deny: null }

describe('the lists', () => {
  it('match nothing while they are empty, and write nothing to Redis', async () => {
    expect(await lists.look(asker())).toEqual(NO_MATCH)
    expect(await store.redis.keys('*')).toEqual([])
  })

  it.each(['1390001', '139', 'p'.repeat(22), '10.1.0.0/16'])(
    'match a phone or an address by %s until the entry is removed',
    async (text) => {
      await lists.put('deny', entry(text))
      expect(await lists.look(asker())).toEqual({ allow: null, deny: text })
      expect(await lists.look({ ip: '11.1.2.3', mobile: '13800017777', ph: 'q'.repeat(22) })).toEqual(
        NO_MATCH,
      )
      expect(await lists.remove('deny', entry(text))).toBe(true)
      expect(await lists.look(asker())).toEqual(NO_MATCH)
      expect(await lists.remove('deny', entry(text))).toBe(false)
    },
  )

  it('tell both entries if a request matches both lists', async () => {
    await lists.put('allow', entry('10.0.0.0/8'))
    await lists.put('deny', entry('1390001'))
    expect(await lists.look(asker())).toEqual({ allow: '10.0.0.0/8', deny: '1390001' })
  })

  it('have an entry on one list only: the last change counts', async () => {
    await lists.put('deny', entry('10.1.2.3'))
    await lists.put('allow', entry('10.1.2.3'))
    expect(await lists.look(asker())).toEqual({ allow: '10.1.2.3/32', deny: null })
    expect(await lists.all('deny')).toEqual([])
  })

  it('take effect in every process at its next look', async () => {
    const other = createLists(store.redis)
    expect(await other.look(asker())).toEqual(NO_MATCH)
    await lists.put('deny', entry('10.0.0.0/8'))
    expect(await other.look(asker())).toMatchObject({ deny: '10.0.0.0/8' })
    // A process must not keep what it cached before Redis lost its data.
    await store.redis.flushall()
    expect(await other.look(asker())).toEqual(NO_MATCH)
    await lists.put('deny', entry('11.0.0.0/8'))
    expect(await other.look(asker())).toEqual(NO_MATCH)
    expect(await other.look(asker({ ip: '11.0.0.1' }))).toMatchObject({ deny: '11.0.0.0/8' })
  })

  it.each(['1390001', '10.0.0.0/8'])('forget %s when it expires', async (text) => {
    const other = createLists(store.redis)
    await lists.put('deny', entry(text), 60)
    expect(await lists.look(asker())).toMatchObject({ deny: text })
    expect(await other.look(asker())).toMatchObject({ deny: text })
    await store.redis.zincrby('sms:{gate}:list:deny', -60_001, text)
    expect(await lists.all('deny')).toEqual([])
    expect(await lists.look(asker())).toEqual(NO_MATCH)
    expect(await other.look(asker())).toEqual(NO_MATCH)
    expect(await store.redis.exists('sms:{gate}:list:deny')).toBe(0)
  })

  it('tell their entries and when these expire', async () => {
    const now = async () => Number((await store.redis.time())[0]) * 1000
    const before = await now()
    await lists.put('allow', entry('1390001'), 60)
    const after = await now()
    await lists.put('allow', entry('10.0.0.0/8'))
    const [first, second] = await lists.all('allow')
    expect(first?.text).toBe('1390001')
    expect(first?.until).toBeGreaterThanOrEqual(before + 60_000)
    expect(first?.until).toBeLessThan(after + 61_000)
    expect(second).toEqual({ text: '10.0.0.0/8', until: null })
  })
})
