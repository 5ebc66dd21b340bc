import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startSimulator, textLike, type Simulator } from '../running-simulator.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

test('a reset clears messages, faults, request ids, limits and the clock', async () => {
  await simulator.sendCode({ reqId: 'abc' })
  await simulator.advance(5 * 86_400_000)
  await simulator.script('rst', { times: 9 })
  await simulator.reset()
  expect(await simulator.outbox()).toEqual([])
  expect(await simulator.sendCode({ reqId: 'abc' })).toBe('000000')
})

test.each([
  ['/_sim/clock', { advance_ms: '1000' }, /advance_ms/],
  ['/_sim/clock', {}, /advance_ms/],
])('%s refuses %j', async (path, body, why) => {
  const answer = await simulator.post(path, body)
  expect(answer.status).toBe(400)
  expect(answer.json).toEqual({ error: textLike(why) })
})
