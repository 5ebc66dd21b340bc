import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { greeting, mailTo, smtpPortOf } from '../mail-client.ts'
import { startSimulator, textLike, type Simulator } from '../running-simulator.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

const order = (fault: string, more: Record<string, unknown> = {}) =>
  simulator.post('/_sim/mail_script', { fault, ...more })
/** Long enough for the steps before the last one on a busy machine. */
const PATIENCE_MS = 5_000
const storedCount = async () => [await simulator.get('/_sim/mails')].flat().length

describe('a fault of the mail server', () => {
  test.each([
    ['greylist', 451, 0],
    ['bad_address', 550, 0],
    ['policy', 554, 0],
    ['accept_drop', 'ECONNECTION', 1],
    ['refuse', 'ECONNECTION', 0],
  ])('%s reaches the client once, as %s', async (fault, code, kept) => {
    await order(fault)
    const client = await mailTo(simulator)
    expect(await client.refusal()).toBe(code)
    expect(await storedCount()).toBe(kept)
    expect(await client.refusal()).toBeNull()
    expect(await storedCount()).toBe(kept + 1)
  })

  test('auth refuses the password with 535', async () => {
    await order('auth')
    const auth = { user: 'shop', pass: 'wrong' }
    expect(await (await mailTo(simulator, { auth })).refusal()).toBe(535)
    expect(await (await mailTo(simulator, { auth })).refusal()).toBeNull()
  })

  test('accept_hang stores the mail and never answers', async () => {
    await order('accept_hang')
    expect(await (await mailTo(simulator, { timeoutMs: PATIENCE_MS })).refusal()).toBe('ETIMEDOUT')
    expect(await storedCount()).toBe(1)
  })

  test('slow delays the greeting', async () => {
    await order('slow', { delay_ms: 600_000 })
    expect(await (await mailTo(simulator, { timeoutMs: 300 })).refusal()).toBe('ETIMEDOUT')
    expect(await storedCount()).toBe(0)
  })

  test('accept delays the answer and stores the mail before it', async () => {
    await order('accept', { delay_ms: 600_000 })
    expect(await (await mailTo(simulator, { timeoutMs: PATIENCE_MS })).refusal()).toBe('ETIMEDOUT')
    expect(await storedCount()).toBe(1)
  })

  test('refuse ends a new connection before its greeting, and an open one at its next mail', async () => {
    const port = await smtpPortOf(simulator)
    expect(await greeting(port)).toMatch(/^220 /)
    const client = await mailTo(simulator, { pool: true })
    await client.send()
    await order('refuse', { times: 0 })
    expect(await greeting(port)).toBe('')
    expect(await client.refusal()).toBe('ECONNECTION')
    client.close()
    expect(await storedCount()).toBe(1)
  })
})

describe('the mail script', () => {
  test('plays faults in their order, each as often as ordered', async () => {
    await order('greylist', { times: 2 })
    await order('policy')
    const client = await mailTo(simulator)
    const seen = []
    for (let i = 0; i < 4; i++) seen.push(await client.refusal())
    expect(seen).toEqual([451, 451, 554, null])
  })

  test('plays a standing fault until it is cleared', async () => {
    expect(await order('policy', { times: 0 })).toEqual({
      status: 200,
      json: { pending: [{ name: 'policy', left: 0, delayMs: 0 }] },
    })
    const client = await mailTo(simulator)
    for (let i = 0; i < 3; i++) expect(await client.refusal()).toBe(554)
    expect(await simulator.get('/_sim/mail_script')).toMatchObject({ pending: [{ name: 'policy' }] })
    expect(await simulator.post('/_sim/mail_script/clear', {})).toEqual({
      status: 200,
      json: { pending: [] },
    })
    expect(await client.refusal()).toBeNull()
  })

  test('refuses an unknown fault, a wrong number of times and a gateway, and changes nothing', async () => {
    const wrong = { status: 400, json: { error: textLike(/fault must be one of accept, .*policy/) } }
    expect(await order('explode')).toEqual(wrong)
    expect((await order('policy', { times: -1 })).status).toBe(400)
    expect((await order('policy', { gateway: 'ccp' })).status).toBe(400)
    expect(await simulator.get('/_sim/mail_script')).toEqual({ pending: [] })
  })
})
