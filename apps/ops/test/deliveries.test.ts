import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { keys } from '@sms-codes/core/redis/keys'
import { aMobile, expectFailure, startOps, type RunningOps } from './ops.ts'
import { startSender, startWorker } from './processes.ts'

let ops: RunningOps
let sender: Awaited<ReturnType<typeof startSender>>
let worker: Awaited<ReturnType<typeof startWorker>>
beforeAll(async () => {
  ops = await startOps()
  // The longest deadline, so that a call is still under way when the test has looked at it.
  sender = await startSender({ gateway_deadline: '8s' })
  worker = await startWorker({ ...ops.env, ...sender.env })
})
afterEach(async () => {
  sender.release()
  await ops.run(['resume'])
})
afterAll(async () => {
  await worker.stop()
  await sender.stop()
  await ops.stop()
})

const statusOf = async (mobile: string) =>
  ops.redis.hget(keys.code(ops.keyring.pseudonym(mobile), 'default'), 'status')
const figures = async () => {
  const page: unknown = JSON.parse((await ops.run(['status', '--json'])).stdout)
  return page
}

test('send-test prints every status of a message until it is sent', async () => {
  const mobile = aMobile()
  const sent = await ops.run(['send-test', '-', '--receipt', '1s'], { input: `${mobile}\n` })
  expect(sent.stderr).toBe('')
  expect(sent.code).toBe(0)
  expect(sent.stdout).toMatch(
    /new code, valid for 5 min\n20\S+Z +queued +sms\n20\S+Z +sending +sms\n20\S+Z +sent +sms\nsent; no delivery/,
  )
  const again = await ops.run(['send-test', mobile])
  expect(again.stderr).toMatch(/rate limit reached \(60 s\); try again in \d+ s/)
  expect(again.code).toBe(1)

  const metrics = await (await fetch(worker.metricsUrl)).text()
  expect(metrics).toMatch(/^sms_gateway_calls_total\{.*gateway="webhook".*class="accepted".*\} 1$/m)
})

test('drain waits for active deliveries and starts no other; resume sends the waiting messages', async () => {
  sender.hold()
  const first = aMobile()
  const following = ops.run(['send-test', first, '--receipt', '1s'])
  await expect.poll(sender.held).toBe(1)

  let said = ''
  const draining = ops.run(['drain'], { onOutput: (all) => (said = all) })
  await expect.poll(() => said).toContain('paused, 1 active')
  const second = aMobile()
  const waiting = await ops.run(['send-test', second, '--wait', '1s'])
  expectFailure(waiting, /not sent in time: still queued/)
  expect(sender.held()).toBe(1)
  expect(said).not.toContain('drained')

  sender.release()
  expect((await draining).stdout).toBe(
    'paused, 1 active\npaused, 0 active\ndrained: nothing is sent until "resume"\n',
  )
  expect(await following).toMatchObject({ code: 0 })
  expect(await statusOf(second)).toBe('queued')
  expect(await figures()).toMatchObject({
    queues: [
      { name: 'sms', waiting: 1, active: 0, paused: true },
      { name: 'email', paused: true },
      { name: 'events', paused: true },
    ],
  })
  expect((await ops.run(['status'])).stdout).toMatch(/^sms +1 +0 +0 +0 +\d+ s +\d+ s +(-|\d+ s) +PAUSED$/m)

  expect((await ops.run(['resume'])).stdout).toBe('resumed, 1 waiting\n')
  await expect.poll(() => statusOf(second)).toBe('sent')
  expect(await figures()).toMatchObject({
    queues: [{ waiting: 0, paused: false, oldestSeconds: null }, {}, {}],
  })
})

test('drain times out or is stopped, and reports that the queues stay paused', async () => {
  sender.hold()
  const stuck = ops.run(['send-test', aMobile(), '--wait', '30s', '--receipt', '1s'])
  await expect.poll(sender.held).toBe(1)
  const late = await ops.run(['drain', '--wait', '1s'])
  expect(late.stderr).toMatch(/timed out after 1s: 1 still active, and the queues stay paused.*"resume"/)
  const stopped = await ops.run(['drain'], { signal: AbortSignal.abort() })
  expect(stopped.stderr).toMatch(/stopped: 1 still active, and the queues stay paused/)
  expect([late.code, stopped.code]).toEqual([1, 1])
  await ops.run(['resume'])
  sender.release()
  expect(await stuck).toMatchObject({ code: 0 })
})
