import { setTimeout as sleep } from 'node:timers/promises'
import { keys } from '@sms-codes/core/redis/keys'
import { createLogger } from '@sms-codes/core/logger'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { createSendQueue, jobOf, SMS_QUEUE, type SendQueue } from '@sms-codes/core/queues/send-queue'
import { phoneOf } from '@sms-codes/core/codes/send'
import { inBatches, issueCodes, type IssuedCode } from './codes.ts'
import { startMeter, type Reading } from './meter.ts'
import type { Stack } from './stack.ts'

export type WorkerRound = Reading & { jobs: number; fault: string | null }

const JOBS = 2_000
const DEADLINE_MS = 30_000
const POLL_MS = 10

/** Runs rounds of jobs with real records against a gateway that answers at once. The first round does not count. */
export async function runWorkerRounds(
  stack: Stack,
  workerPid: number,
  rounds: number,
  onRound: (round: WorkerRound, number: number) => void,
): Promise<WorkerRound[]> {
  const queue = createSendQueue(stack.redis, createLogger('bench', 'warn', process.stderr))
  const measured: WorkerRound[] = []
  for (let number = 0; number <= rounds; number += 1) {
    const round = await measure(stack, queue, workerPid)
    if (number > 0) measured.push(round)
    onRound(round, number)
  }
  await queue.close()
  return measured
}

async function measure(stack: Stack, queue: SendQueue, workerPid: number): Promise<WorkerRound> {
  const issued = await issueCodes(stack.redis, stack.keyring, JOBS)
  // The worker is stopped while the queue is filled, so that adding jobs does not compete with it.
  process.kill(workerPid, 'SIGSTOP')
  try {
    await inBatches(JOBS, async (at) => addJob(queue, issued[at]))
  } finally {
    process.kill(workerPid, 'SIGCONT')
  }
  const stopMeter = startMeter({ serverPid: workerPid, redisPid: stack.redisPid })
  const left = await drainQueue(stack)
  const reading = stopMeter()
  const sent = (await inBatches(JOBS, async (at) => wasSent(stack, issued[at]))).filter(Boolean).length
  const fault = sent === JOBS ? null : `${JOBS - sent} of ${JOBS} messages not sent, ${left} jobs left`
  return { ...reading, jobs: sent, fault }
}

async function addJob(queue: SendQueue, issued: IssuedCode | undefined): Promise<void> {
  if (issued === undefined) return
  await queue.add(jobOf(issued.send, issued.mobile))
}

async function wasSent({ redis }: Stack, issued: IssuedCode | undefined): Promise<boolean> {
  if (issued === undefined) return false
  const { rid, scene } = issued.send
  return (await redis.hget(keys.code(phoneOf(rid), scene), 'status')) === 'sent'
}

/** Waits until the queue is empty or the time is up, and returns the number of unfinished jobs. */
async function drainQueue({ redis }: Stack): Promise<number> {
  const key = (part: string) => `${QUEUE_PREFIX}:${SMS_QUEUE}:${part}`
  const giveUpAt = Date.now() + DEADLINE_MS
  for (;;) {
    const counts = await Promise.all([
      redis.llen(key('wait')),
      redis.llen(key('active')),
      redis.zcard(key('delayed')),
    ])
    const left = counts.reduce((sum, each) => sum + each, 0)
    if (left === 0 || Date.now() > giveUpAt) return left
    await sleep(POLL_MS)
  }
}
