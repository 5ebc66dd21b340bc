import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { API_POLICY } from '@sms-codes/bench/api-env'
import { openConnection } from '@sms-codes/bench/connection'
import { runLoad } from '@sms-codes/bench/load'
import { startStack, type Stack } from '@sms-codes/bench/stack'
import { sendVariant } from '@sms-codes/bench/variants'
import { SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { firstGatewayAt } from '@sms-codes/launcher/simulated-vendors'
import { nodeOptions } from './system-env.ts'

/** Until then the compiled code and the connections still grow. */
const WARM_UP_SENDS = 2_000
const SENDS = 3_000
const ROUNDS = 3
/** A process that keeps a job and its key for each send grows by 500 bytes per send. The measured growth is up to 100. */
const MOST_BYTES_PER_SEND = 300
const CONNECTIONS = 10

const REPORT = nodeOptions('heap-report.mjs')

type App = { pid: number; port: number }
let stack: Stack
let api: App
let worker: App
let lines: string[] = []
let accepted = 0
const gateway = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    accepted += 1
    response.setHeader('content-type', 'application/json;charset=utf-8')
    const smsMessageSid = accepted.toString(16).padStart(32, '0')
    response.end(JSON.stringify({ statusCode: '000000', templateSMS: { smsMessageSid } }))
  })
})
beforeAll(async () => {
  gateway.listen(0, '127.0.0.1')
  await once(gateway, 'listening')
  stack = await startStack((line) => lines.push(line))
  api = await stack.startApp(
    'api',
    {
      ...REPORT,
      TRUST_PROXY: '127.0.0.1',
    },
    // A busy machine must not refuse sends because its event loop is late.
    { ...API_POLICY, overload: { ...API_POLICY.overload, event_loop_max_delay: '0s' } },
  )
  const address = gateway.address()
  const port = typeof address === 'object' ? address?.port : 0
  const { env, policy } = firstGatewayAt(`http://127.0.0.1:${port}`)
  worker = await stack.startApp('worker', { ...REPORT, ...env }, policy)
  await send(WARM_UP_SENDS)
})
afterAll(async () => {
  await stack.close()
  gateway.close()
})

/** Sends through the API, and waits until the worker has delivered the messages. */
async function send(count: number): Promise<void> {
  const before = accepted
  const variant = sendVariant('send', api, stack)
  const requests = await variant.prepare(count)
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => openConnection(api.port)))
  const load = await runLoad({ connections, requests, seconds: 100, accepts: variant.accepts })
  for (const connection of connections) connection.close()
  // A busy machine may refuse a few sends.
  expect(load.successes).toBeGreaterThan(0.9 * count)
  await vi.waitUntil(() => accepted - before >= load.successes, 60_000)
  const jobs = ['wait', 'active'].map((list) => `${QUEUE_PREFIX}:${SMS_QUEUE}:${list}`)
  const left = async () => Promise.all(jobs.map((key) => stack.redis.llen(key)))
  await vi.waitUntil(async () => Math.max(...(await left())) === 0, 30_000)
}

/** The bytes of the objects in use. */
async function heapOf(app: string, { pid }: App): Promise<number> {
  lines = []
  process.kill(pid, 'SIGWINCH')
  const said = new RegExp(`^\\[${app}\\] heap of (\\d+) bytes$`, 'm')
  const report = () => said.exec(lines.join('\n'))?.[1]
  await vi.waitUntil(() => report() !== undefined, 30_000)
  return Number(report())
}

it('sends leave nothing behind in the heaps of the API and of the worker', async () => {
  const heaps = async () => ({ api: await heapOf('api', api), worker: await heapOf('worker', worker) })
  const growth = { api: Infinity, worker: Infinity }
  const isSmall = () => Math.max(growth.api, growth.worker) < MOST_BYTES_PER_SEND
  // What is left behind grows in every round. Compiled code may still grow in the first one.
  for (let round = 1; round <= ROUNDS && !isSmall(); round++) {
    const before = await heaps()
    await send(SENDS)
    const after = await heaps()
    for (const app of ['api', 'worker'] as const)
      growth[app] = Math.min(growth[app], (after[app] - before[app]) / SENDS)
  }
  for (const app of ['api', 'worker'] as const)
    expect(growth[app], `bytes per send in the ${app}`).toBeLessThan(MOST_BYTES_PER_SEND)
})
