import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createAudit, readAudit, readAuditSince } from '../../src/limits/audit.ts'
import { keys } from '../../src/redis/keys.ts'
import { startStore } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
beforeEach(() => store.redis.flushall())
afterAll(() => store.stop())

const FILL = `for i = 1, ARGV[1] do redis.call('XADD', KEYS[1], '*', 'n', i) end`

it('the audit stream drops its oldest entries', async () => {
  await store.redis.eval(FILL, 1, keys.audit, 11_000)
  await createAudit(store.redis)({ what: 'guard' })
  expect(await store.redis.xlen(keys.audit)).toBeLessThan(10_200)
  const [newest] = await store.redis.xrevrange(keys.audit, '+', '-', 'COUNT', 1)
  expect(newest?.[1]).toEqual(['what', 'guard'])
})

it('the newest entries of the audit stream are read first', async () => {
  const write = createAudit(store.redis)
  for (const act of ['block', 'allow', 'unlist']) await write({ what: 'operator', act })
  expect(await readAudit(store.redis, 2)).toEqual([
    { what: 'operator', act: 'unlist' },
    { what: 'operator', act: 'allow' },
  ])
})

it('the entries since a time are read with their times', async () => {
  await store.redis.xadd(keys.audit, '1000-0', 'what', 'old')
  await store.redis.xadd(keys.audit, '2000-0', 'what', 'first')
  await store.redis.xadd(keys.audit, '2000-1', 'what', 'second')
  expect(await readAuditSince(store.redis, 2_000)).toEqual([
    { at: 2_000, entry: { what: 'second' } },
    { at: 2_000, entry: { what: 'first' } },
  ])
})
