import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startApi, type Api } from '../api.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

it('a picture can be answered once, right or wrong, by one of 100 concurrent requests', async () => {
  for (const [answer, first] of [
    ['ab3d', 'passed'],
    ['ZZZZ', 'captchaWrong'],
  ] as const) {
    const { uuid } = await api.captcha('AB3D')
    const results = await Promise.all(
      Array.from({ length: 100 }, () => api.deps.captchas.consume(uuid, answer)),
    )
    expect(results.filter((result) => result === first)).toHaveLength(1)
    expect(results.filter((result) => result === 'captchaGone')).toHaveLength(99)
    expect(await api.deps.captchas.consume(uuid, 'AB3D')).toBe('captchaGone')
  }
})

it('a new picture of the same uuid replaces the older one, and is valid for 300 seconds', async () => {
  const uuid = randomUUID()
  await api.deps.captchas.issue(uuid, 4)
  const older = (await api.redis.get(`img_${uuid}`)) ?? ''
  await api.deps.captchas.issue(uuid, 5)
  const left = await api.redis.ttl(`img_${uuid}`)
  expect([left > 290, left <= 300]).toEqual([true, true])
  expect(await api.deps.captchas.consume(uuid, older)).toBe('captchaWrong')
})
