import { setTimeout as sleep } from 'node:timers/promises'
import { createLogger } from '@sms-codes/core/logger'
import { phoneOf } from '@sms-codes/core/codes/send'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { createSendQueue, jobOf, SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import { keys } from '@sms-codes/core/redis/keys'
import type { Bench } from '../bench.ts'
import { inBatches, issueCodes, SCENE, type IssuedCode } from '../codes.ts'
import { emptyRedis } from '../empty-redis.ts'
import { startGateway, type Gateway } from '../gateway.ts'
import { copyWaitingJob } from './fill-queue.ts'
import { cpuSeconds } from '../proc.ts'
import { readRedis } from '../redis-figures.ts'
import { spreadOf, type Spread } from '../statistics.ts'
import type { Stack } from '../stack.ts'

export type Backlog = {
  waiting: number
  /** Jobs per CPU second of worker and Redis, divided by those of an empty queue directly before. */
  throughput: Spread | null
  /** CPU of Redis to add a job, divided by that with an empty queue. */
  addCost: Spread | null
}

/** A queue that lost a job would never be empty. */
const DRAIN_MS = 60_000
const LEVELS = [1_000, 100_000, 1_000_000]
const ROUNDS = 2
const JOBS = 2_500
const QUEUE = `${QUEUE_PREFIX}:${SMS_QUEUE}`

type Cost = { perJob: number; perAdd: number }

/** Measures the worker, and the adding of jobs, while other jobs wait below the measured ones. */
export async function benchBacklog({ stack, progress }: Bench): Promise<Backlog[]> {
  await stack.redis.flushall('SYNC')
  const gateway = await startGateway()
  const worker = await stack.startApp('worker', gateway.worker.env, gateway.worker.policy)
  const queue = createSendQueue(stack.redis, createLogger('bench', 'warn', process.stderr))
  const add = async ({ send, mobile }: IssuedCode) => queue.add(jobOf(send, mobile))

  async function measure(waiting: number): Promise<Cost> {
    const { redis, keyring } = stack
    await emptyRedis(redis)
    process.kill(worker.pid, 'SIGSTOP')
    try {
      await fill(stack, add, waiting)
      const issued = await issueCodes(redis, keyring, JOBS)
      const before = await readRedis(redis)
      await inBatches(JOBS, async (at) => {
        const one = issued[at]
        if (one !== undefined) await add(one)
      })
      const added = await readRedis(redis)
      const cpuBefore = cpuSeconds(worker.pid)
      await drain(worker.pid, gateway)
      const redisCpu = (await readRedis(redis)).cpuSeconds - added.cpuSeconds
      const perJob = (cpuSeconds(worker.pid) - cpuBefore + redisCpu) / JOBS
      return { perJob, perAdd: (added.cpuSeconds - before.cpuSeconds) / JOBS }
    } finally {
      // The worker meets an empty queue, and drops the jobs that it had begun.
      await redis.flushall('SYNC')
      process.kill(worker.pid, 'SIGCONT')
      await sleep(500)
    }
  }

  const costs: { waiting: number; throughput: number; addCost: number }[] = []
  await measure(0)
  for (let round = 1; round <= ROUNDS; round += 1)
    for (const waiting of LEVELS) {
      const empty = await measure(0)
      const cost = await measure(waiting)
      const ratios = { throughput: empty.perJob / cost.perJob, addCost: cost.perAdd / empty.perAdd }
      costs.push({ waiting, ...ratios })
      const times = `${ratios.throughput.toFixed(2)} × the throughput of an empty queue`
      progress.say(`round ${round}/${ROUNDS} with ${waiting} jobs waiting: ${times}`)
    }
  await queue.close()
  await Promise.all([worker.stop(), gateway.close()])
  return LEVELS.map((waiting) => {
    const own = costs.filter((cost) => cost.waiting === waiting)
    const spread = (of: 'throughput' | 'addCost') => spreadOf(own.map((cost) => cost[of]))
    return { waiting, throughput: spread('throughput'), addCost: spread('addCost') }
  })
}

/** Lets the worker run until the gateway has got the message of every measured job. */
async function drain(pid: number, gateway: Gateway): Promise<void> {
  const reached = gateway.reached(gateway.taken() + JOBS)
  process.kill(pid, 'SIGCONT')
  const isLate = sleep(DRAIN_MS, true, { ref: false })
  if (await Promise.race([reached.then(() => false), isLate]))
    throw new Error('a measured job did not reach the gateway')
  process.kill(pid, 'SIGSTOP')
}

/** Fills the queue with copies of one job. The job has no record, so a worker that takes a copy calls no gateway. */
async function fill(
  { redis, keyring }: Stack,
  add: (issued: IssuedCode) => Promise<void>,
  count: number,
): Promise<void> {
  const [template] = count === 0 ? [] : await issueCodes(redis, keyring, 1)
  if (template === undefined) return
  await add(template)
  await redis.del(keys.code(phoneOf(template.send.rid), SCENE))
  await copyWaitingJob(redis, QUEUE, count - 1)
}
