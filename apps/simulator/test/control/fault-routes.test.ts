import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startSimulator, textLike, type Simulator } from '../running-simulator.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

describe('ordering faults', () => {
  test('faults are played in their order, each as often as ordered', async () => {
    await simulator.script('160042', { times: 2 })
    await simulator.post('/_sim/script', { gateway: 'yuntongxun', fault: '160000' })
    const codes: unknown[] = []
    for (let i = 0; i < 4; i += 1) codes.push(await simulator.sendCode())
    expect(codes).toEqual(['160042', '160042', '160000', '000000'])
  })

  test.each([
    ['/_sim/script', { gateway: 'ccp' }, /fault/],
    ['/_sim/script', { gateway: 'ccp', fault: 'explode' }, /fault must be/],
    ['/_sim/script', { gateway: 'ccp', fault: '000000' }, /fault must be/],
    ['/_sim/script', { gateway: 'pigeon', fault: 'rst' }, /gateway must be/],
    ['/_sim/script', { gateway: 'constructor', fault: 'rst' }, /gateway must be/],
    ['/_sim/script', { gateway: 'ccp', fault: 'rst', times: -1 }, /times/],
    ['/_sim/script', { gateway: 'ccp', fault: 'rst', times: 1_000_001 }, /times/],
    ['/_sim/script', { gateway: 'ccp', fault: 'rst', delay_ms: -1 }, /delay_ms/],
    ['/_sim/script', { gateway: 'ccp', fault: 'rst', often: 2 }, /additional/],
  ])('%s refuses %j and changes nothing', async (path, body, why) => {
    const answer = await simulator.post(path, body)
    expect(answer.status).toBe(400)
    expect(answer.json).toEqual({ error: textLike(why) })
    expect(await simulator.get('/_sim/script')).toEqual({ pending: [] })
  })
})

describe('clearing faults', () => {
  test('clears one gateway or, without a gateway, all of them', async () => {
    for (const gateway of ['aliyun', 'twilio', 'twilio'])
      await simulator.post('/_sim/script', { gateway, fault: 'rst', times: 0 })
    await simulator.post('/_sim/script/clear', { gateway: 'twilio' })
    expect(await simulator.get('/_sim/script')).toMatchObject({ pending: [{ gateway: 'aliyun', left: 0 }] })
    const bare = await fetch(`${simulator.url}/_sim/script/clear`, { method: 'POST' })
    expect(await bare.json()).toEqual({ pending: [] })
  })

  test('refuses an unknown gateway', async () => {
    const answer = await simulator.post('/_sim/script/clear', { gateway: 'pigeon' })
    expect(answer).toEqual({ status: 400, json: { error: textLike(/gateway must be one of ccp, aliyun/) } })
  })
})

test.each([
  ['aliyun', 'OK'],
  ['aliyun', '21211'],
  ['tencent', 'Ok'],
  ['twilio', 'isv.AMOUNT_NOT_ENOUGH'],
  ['twilio', '160042'],
  ['webhook', '200'],
  ['ccp', 'isv.AMOUNT_NOT_ENOUGH'],
])('%s does not have the error code %s', async (gateway, fault) => {
  const answer = await simulator.post('/_sim/script', { gateway, fault })
  expect(answer).toEqual({ status: 400, json: { error: textLike(/fault must be a code that/) } })
})
