import { setTimeout as sleep } from 'node:timers/promises'
import { inBatches } from './codes.ts'
import { emptyRedis } from './empty-redis.ts'
import { startMeter } from './meter.ts'
import type { Measured, Round } from './rounds.ts'
import type { Stack } from './stack.ts'
import type { Server } from './variants.ts'

const JOBS = 2_500
const DEADLINE_MS = 60_000
const POLL_MS = 5

export type Drain = {
  name: string
  worker: { pid: number }
  gateway: Server
  /** The ms that the gateway takes for its answer. */
  gatewayDelayMs: number
  /** Prefixes and names of the queues, as in `{sms}:sms`. */
  queues: readonly string[]
  /** Returns functions that each add one job. */
  prepare: (count: number) => Promise<(() => Promise<void>)[]>
  /** How many of these jobs have the right result, besides their calls of the gateway. */
  countDone?: () => Promise<number>
}

/** Rounds in which a worker empties its queue. */
export function drainRounds(stack: Stack, drain: Drain): Measured {
  return { name: drain.name, run: async () => measure(stack, drain) }
}

async function measure(stack: Stack, drain: Drain): Promise<Round> {
  const { redis, redisPid } = stack
  const { name, worker, gateway, gatewayDelayMs, queues, prepare, countDone } = drain
  await emptyRedis(redis)
  const adds = await prepare(JOBS)
  const before = await askGateway(gateway, gatewayDelayMs)
  // The worker is stopped while the queue is filled, so that adding jobs does not compete with it.
  process.kill(worker.pid, 'SIGSTOP')
  try {
    await inBatches(JOBS, async (at) => adds[at]?.())
  } finally {
    process.kill(worker.pid, 'SIGCONT')
  }
  const stopMeter = startMeter({ serverPid: worker.pid, redisPid })
  const left = await drainQueues(stack, queues)
  const reading = stopMeter()
  const called = (await askGateway(gateway, gatewayDelayMs)) - before
  const done = (await countDone?.()) ?? called
  const isSound = left === 0 && called === JOBS && done === JOBS
  const fault = isSound ? null : `${JOBS} jobs, ${called} calls of the gateway, ${done} sent, ${left} left`
  return { ...reading, name, successes: Math.min(called, done), fault, latency: null }
}

/** Sets the delay of a gateway endpoint, and returns the number of messages that it has taken. */
async function askGateway({ port }: Server, delayMs: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/?delay=${delayMs}`)
  return Number(await answer.text())
}

/** Waits until the queues are empty or the time is up, and returns the number of unfinished jobs. */
async function drainQueues({ redis }: Stack, queues: readonly string[]): Promise<number> {
  const giveUpAt = Date.now() + DEADLINE_MS
  for (;;) {
    const counts = await Promise.all(
      queues.flatMap((queue) => [
        redis.llen(`${queue}:wait`),
        redis.llen(`${queue}:active`),
        redis.zcard(`${queue}:delayed`),
      ]),
    )
    const left = counts.reduce((sum, each) => sum + each, 0)
    if (left === 0 || Date.now() > giveUpAt) return left
    await sleep(POLL_MS)
  }
}
