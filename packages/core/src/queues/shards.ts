import { phoneOf } from '../codes/send.ts'
import { MOST_SHARDS } from '../config/policy-schema.ts'
import type { Logger } from '../logger.ts'
import type { Tracing } from '../process/tracing.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { toKeyOf } from './queue-options.ts'
import { createSendQueue, SMS_QUEUE, type SendQueue } from './send-queue.ts'

// The policy's queues.shards divides the queue `sms`. Each shard has its own hash tag, so a Cluster spreads the jobs over its nodes.

/** The queues that hold the sends by SMS: `sms`, or `sms-0`, `sms-1` … for more than one shard. */
export const smsQueues = (shards: number): string[] =>
  shards === 1 ? [SMS_QUEUE] : Array.from({ length: shards }, (_, i) => `${SMS_QUEUE}-${i}`)

/** The queues of every number of shards. */
export const EVERY_SMS_QUEUE: readonly string[] = [SMS_QUEUE, ...smsQueues(MOST_SHARDS)]

/**
 * Chooses the shard of a phone. All processes must choose the same.
 * @param ph the pseudonym of the phone. The pseudonym is a keyed hash, so its first 24 bits spread evenly.
 */
export function chooseShard<Shard>(shards: readonly Shard[], ph: string): Shard {
  const chosen = shards[Buffer.from(ph.slice(0, 4), 'base64url').readUIntBE(0, 3) % shards.length]
  if (chosen === undefined) throw new RangeError('a queue has at least one shard')
  return chosen
}

/** The producer's side of all shards. The parameters are those of `createSendQueue`. */
export function createSmsQueue(
  connection: RedisClient,
  log: Logger,
  shards: number,
  tracing: Tracing | null = null,
): Pick<SendQueue, 'add' | 'close'> {
  const queues = smsQueues(shards).map((name) => createSendQueue(connection, log, name, tracing))
  return {
    add: (job, moves, delay) => chooseShard(queues, phoneOf(job.rid)).add(job, moves, delay),
    close: async () => void (await Promise.all(queues.map((queue) => queue.close()))),
  }
}

/** Answers whether a queue has jobs that have not ended. @throws StoreError */
export async function holdsJobs(redis: RedisClient, queue: string): Promise<boolean> {
  const toKey = toKeyOf(queue)
  const count = redis.exists(toKey('wait'), toKey('active'), toKey('delayed'))
  return (await asStoreError('queue', count)) > 0
}

/**
 * The queues of another number of shards that still have jobs: those that were added before a change, and those that
 * processes with another value add. Workers, board, metrics and ops look at these queues beside their own, so a change
 * loses no job. @throws StoreError
 */
export async function leftoverQueues(redis: RedisClient, shards: number): Promise<string[]> {
  const own = smsQueues(shards)
  const others = EVERY_SMS_QUEUE.filter((name) => !own.includes(name))
  const holding = await Promise.all(others.map((name) => holdsJobs(redis, name)))
  return others.filter((_, i) => holding[i])
}
