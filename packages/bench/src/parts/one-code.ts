import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { API_ENV, API_POLICY } from '../api-env.ts'
import type { Bench } from '../bench.ts'
import { noCodes, runCodes, type Tally } from '../code-flow.ts'
import { startGateway, type Gateway } from '../gateway.ts'
import { openPool } from '../pool.ts'
import { cpuSeconds } from '../proc.ts'
import { countCommands, readRedis } from '../redis-figures.ts'
import { cpuMicrosOf } from '../report/summary.ts'
import { CALLBACK_TOKEN, prepareSends, type SendRequest } from '../requests.ts'
import type { Programs } from '../start-programs.ts'
import { spreadOf } from '../statistics.ts'

/** What one code costs, from its picture to its verify. */
export type CodeCost = { scripts: number; redisMicros: number; apiMicros: number; workerMicros: number }
export type OneCode = {
  idle: CodeCost
  busy: CodeCost
  /** The CPU time of a request to bare Fastify at that time. */
  bareMicros: number
  tally: Tally
  /** The commands of one code beside the scripts, by name, with idle workers. */
  otherCommands: Record<string, number>
}

const IDLE_CODES = 60
const BUSY_CODES = 1_500
const MONITORED_CODES = 20
export const USERS = 40
const CONNECTIONS = 20
/** A check for the delivery receipt that is due after a second belongs to the cost of the code. */
const CHECKS_AFTER_MS = 1_500
const QUIET_MS = 6_000

/** No number has an address for mails, so this mail server is never called. */
const SHARED_ENV = { CALLBACK_TOKEN, LOG_LEVEL: 'error', SMTP_URL: 'smtp://127.0.0.1:9' }

/** Starts an API and a worker whose messages wait for delivery receipts. @param more settings of the policy */
export async function startForCodes(
  programs: Pick<Programs, 'startApp'>,
  gateway: Gateway,
  more: object = {},
) {
  const policy = {
    ...API_POLICY,
    ...gateway.worker.policy,
    scenes: { default: { fallback: true, receipt_within: '1s' } },
    email: { from: 'bench@example.com' },
    ...more,
  }
  const api = await programs.startApp('api', { ...API_ENV, ...SHARED_ENV }, policy)
  const worker = await programs.startApp('worker', { ...gateway.worker.env, ...SHARED_ENV }, policy)
  return { api, worker }
}

/** Measures one code from picture to verify, with delivery receipts, with idle workers and under load. */
export async function benchOneCode({ stack, base, progress }: Bench): Promise<OneCode> {
  const { redis } = stack
  await redis.flushall('SYNC')
  const gateway = await startGateway()
  const { api, worker } = await startForCodes(stack, gateway)
  const pool = await openPool(api.port, CONNECTIONS)

  const tally = noCodes()
  async function run(sends: readonly SendRequest[], users: number): Promise<void> {
    await runCodes(sends, { users, pool, gateway, tally, say: progress.say })
    await sleep(CHECKS_AFTER_MS)
  }
  async function measure(work: () => Promise<unknown>) {
    const read = async () => ({
      ...(await readRedis(redis)),
      api: cpuSeconds(api.pid),
      worker: cpuSeconds(worker.pid),
      at: performance.now(),
    })
    const before = await read()
    await work()
    const after = await read()
    return {
      scripts: after.scripts - before.scripts,
      redis: after.cpuSeconds - before.cpuSeconds,
      api: after.api - before.api,
      worker: after.worker - before.worker,
      ms: after.at - before.at,
    }
  }
  async function costOf(count: number, users: number): Promise<CodeCost> {
    const sends = await prepareSends(redis, count)
    const sum = await measure(async () => run(sends, users))
    // What the processes do while no code is asked for is not a cost of the codes.
    const of = (name: 'scripts' | 'redis' | 'api' | 'worker') =>
      (sum[name] - (quiet[name] * sum.ms) / quiet.ms) / count
    const micros = (name: 'redis' | 'api' | 'worker') => 1e6 * of(name)
    return {
      scripts: of('scripts'),
      redisMicros: micros('redis'),
      apiMicros: micros('api'),
      workerMicros: micros('worker'),
    }
  }

  await base.run(0)
  progress.say(`one code: ${BUSY_CODES} codes to warm up`)
  await run(await prepareSends(redis, BUSY_CODES), USERS)
  const quiet = await measure(async () => sleep(QUIET_MS))
  progress.say(`one code: ${IDLE_CODES} codes, one at a time`)
  const idle = await costOf(IDLE_CODES, 1)
  const monitored = await prepareSends(redis, MONITORED_CODES)
  const stopCounting = await countCommands(redis)
  await run(monitored, 1)
  const counted = stopCounting()
  progress.say(`one code: ${BUSY_CODES} codes of ${USERS} users`)
  const busy = await costOf(BUSY_CODES, USERS)
  pool.close()
  await Promise.all([api.stop(), worker.stop(), gateway.close()])
  const bares = [await base.run(1), await base.run(2), await base.run(3)]
  const bareMicros = spreadOf(bares.map(cpuMicrosOf))?.median ?? Number.NaN
  return { idle, busy, bareMicros, tally, otherCommands: perCode(counted) }
}

function perCode(counts: Map<string, number>): Record<string, number> {
  const others = [...counts].filter(([name]) => !['evalsha', 'eval', 'monitor'].includes(name))
  return Object.fromEntries(others.map(([name, count]) => [name, count / MONITORED_CODES]))
}
