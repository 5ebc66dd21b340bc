import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'

const COPIES_PER_CALL = 20_000
const LUA = readFileSync(new URL('./fill-queue.lua', import.meta.url), 'utf8')

/**
 * Adds copies of the job that waits at the end of a queue: a million in seconds, which BullMQ would need minutes for.
 * @param queue prefix and name, as in `{sms}:sms`
 */
export async function copyWaitingJob(redis: Redis, queue: string, copies: number): Promise<void> {
  const waiting = `${queue}:wait`
  const job = `${queue}:${String(await redis.lindex(waiting, 0))}`
  for (let first = 1; first <= copies; first += COPIES_PER_CALL) {
    const last = Math.min(copies, first + COPIES_PER_CALL - 1)
    await redis.eval(LUA, 2, waiting, job, 'copy-', first, last)
  }
}
