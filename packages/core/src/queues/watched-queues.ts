import { Queue } from 'bullmq'
import { EVENTS_QUEUE } from './events.ts'
import type { Logger } from '../logger.ts'
import { EMAIL_QUEUE, QUEUE_PREFIX, SMS_QUEUE } from './send-queue.ts'
import type { RedisClient } from '../redis/connect.ts'
import { createScript } from '../redis/script.ts'

// As many as a few workers that died have left in front of the rest.
const LOOKED_AT = 200

/**
 * All queues as an onlooker sees them: opening them writes nothing, and none of them waits for Redis.
 * @param connection of a kind that fails fast, so that an outage gives errors and nothing that hangs
 */
export function watchQueues(connection: RedisClient, log: Logger) {
  const queues = [SMS_QUEUE, EMAIL_QUEUE, EVENTS_QUEUE].map((name) => {
    const queue = new Queue(name, {
      connection,
      prefix: QUEUE_PREFIX,
      skipWaitingForReady: true,
      // BullMQ asks once for the version and keeps a refusal for ever: a process that was started while
      // Redis was away would never recover.
      skipVersionCheck: true,
      // The length of the event stream is the producer's to set.
      skipMetasUpdate: true,
    })
    queue.on('error', (err) => log.debug({ err, queue: name }, 'queue error'))
    return queue
  })
  return {
    queues,
    close: async (): Promise<void> => {
      for (const queue of queues) await queue.close()
    },
  }
}

/**
 * When the job of a queue was made that has waited the longest for its first worker, in ms by the clock of
 * whoever made it; null when none waits.
 */
export function createOldest(redis: RedisClient) {
  const script = createScript(redis, new URL('./lua/oldest-waiting.lua', import.meta.url))
  /** @throws StoreError */
  return async (name: string): Promise<number | null> => {
    const queue = `${QUEUE_PREFIX}:${name}:`
    const reply = await script([`${queue}wait`], [queue, LOOKED_AT])
    return reply.kind === 'waiting' ? reply.number('added_at') : null
  }
}
