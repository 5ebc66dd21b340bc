import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { aMobile, startSystem, times, type System } from './system.ts'

let system: System
beforeAll(async () => {
  system = await startSystem({ apis: 2, workers: 2, board: true })
})
afterEach(() => system.clearFaults('ccp'))
afterAll(() => system.stop())

const REFUSAL = { code: '5000', errmsg: '服务暂不可用', retry_after: 10 }
const PATIENCE = { timeout: 40_000, interval: 100 }

/** Sends to every API process, each time to another number. Records the numbers that were accepted. */
async function sendToAll(accepted: string[]): Promise<boolean> {
  const answers = await Promise.all(
    system.apis.map(async ({ url }) => {
      const mobile = aMobile()
      return { mobile, ...(await system.send(mobile, url)) }
    }),
  )
  const refused = answers.filter(({ status }) => status !== 200)
  expect(refused.map(({ body }) => body)).toEqual(refused.map(() => REFUSAL))
  accepted.push(...answers.filter(({ status }) => status === 200).map(({ mobile }) => mobile))
  return refused.length === answers.length
}
const readyz = () =>
  Promise.all(
    [...system.apis, ...system.workers].map(async ({ opsUrl }) => {
      const response = await fetch(`${opsUrl}/readyz`)
      const [state] = (await response.text()).split('\n')
      return `${response.status} ${state}`
    }),
  )
async function expectDelivered(accepted: readonly string[]): Promise<void> {
  for (const mobile of accepted)
    await expect.poll(() => system.outbox(mobile), { timeout: 40_000 }).toHaveLength(1)
}
async function put(path: string): Promise<void> {
  const login = `writer:${system.env['BOARD_WRITER_PASSWORD']}`
  const headers = { authorization: `Basic ${Buffer.from(login).toString('base64')}` }
  await fetch(`${system.boardUrl}/api/queues/sms/${path}`, { method: 'PUT', headers })
}

describe('while the only gateway is down', { timeout: 150_000 }, () => {
  it('sends are soon refused, verify goes on, and a success of the gateway ends the refusal; no send is lost', async () => {
    const first = aMobile()
    await system.send(first)
    await expectDelivered([first])
    await system.fault('refuse', 0)
    const accepted: string[] = []
    await expect.poll(() => sendToAll(accepted), PATIENCE).toBe(true)
    const before = accepted.length
    expect(before).toBeGreaterThan(3)
    await times(20, () => sendToAll(accepted))
    expect(accepted).toHaveLength(before)
    for (const text of await readyz())
      expect(text).toMatch(/^200 ready; no gateway has accepted a message for \d+ s$/)
    const [message] = await system.outbox(first)
    expect((await system.verify(first, message?.code ?? '')).status).toBe(200)

    await system.clearFaults('ccp')
    await expect.poll(async () => !(await sendToAll(accepted)), PATIENCE).toBe(true)
    await expectDelivered(accepted)
    await expect.poll(readyz).toEqual(Array(4).fill('200 ready'))
  })
})

describe('while the queue is paused', { timeout: 60_000 }, () => {
  it('sends are refused until the pause ends; no send is lost', async () => {
    await put('pause')
    const accepted: string[] = []
    await expect.poll(() => sendToAll(accepted), PATIENCE).toBe(true)
    const before = accepted.length
    await times(20, () => sendToAll(accepted))
    expect(accepted).toHaveLength(before)
    expect(await readyz()).toEqual(Array(4).fill('200 ready; the queue sms is paused'))
    await put('resume')
    await expect.poll(async () => !(await sendToAll(accepted)), PATIENCE).toBe(true)
    await expectDelivered(accepted)
  })
})
