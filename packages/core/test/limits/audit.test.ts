import { afterAll, beforeAll, expect, it } from 'vitest'
import { createAudit } from '../../src/limits/audit.ts'
import { keys } from '../../src/redis/keys.ts'
import { startStore } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

const FILL = `for i = 1, ARGV[1] do redis.call('XADD', KEYS[1], '*', 'n', i) end`

it('the stream of findings and decisions forgets the oldest', async () => {
  await store.redis.eval(FILL, 1, keys.audit, 11_000)
  await createAudit(store.redis)({ what: 'guard' })
  expect(await store.redis.xlen(keys.audit)).toBeLessThan(10_200)
  const [newest] = await store.redis.xrevrange(keys.audit, '+', '-', 'COUNT', 1)
  expect(newest?.[1]).toEqual(['what', 'guard'])
})
