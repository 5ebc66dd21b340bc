import { EVENTS_QUEUE } from './events.ts'
import type { Logger } from '../logger.ts'
import { openQueue, QUEUE_PREFIX } from './queue-options.ts'
import { EMAIL_QUEUE, SMS_QUEUE } from './send-queue.ts'
import type { RedisClient } from '../redis/connect.ts'
import { createScript } from '../redis/script.ts'

// How many waiting jobs are examined. Jobs of killed workers are skipped, and there are usually fewer than this.
const MOST_EXAMINED = 200

/**
 * Opens all queues for reading or pausing. Opening a queue writes nothing to Redis.
 * @param connection of a `ConnectionKind` that fails fast
 */
export function watchQueues(connection: RedisClient, log: Logger) {
  const queues = [SMS_QUEUE, EMAIL_QUEUE, EVENTS_QUEUE].map((name) =>
    // Only the producers set how long the event stream may grow.
    openQueue(name, connection, log, { skipMetasUpdate: true }),
  )
  async function close(): Promise<void> {
    for (const queue of queues) await queue.close()
  }
  return { queues, close }
}

/**
 * Returns a function that finds the job of a queue that has waited longest for its first worker. The function
 * answers when that job was added, in ms by the clock of the process that added it, or null if no job waits.
 * @throws StoreError when the function is called and Redis does not answer
 */
export function createOldest(redis: RedisClient) {
  const script = createScript(redis, new URL('./lua/oldest-waiting.lua', import.meta.url))
  return async (name: string): Promise<number | null> => {
    const queue = `${QUEUE_PREFIX}:${name}:`
    const reply = await script([`${queue}wait`], [queue, MOST_EXAMINED])
    return reply.kind === 'waiting' ? reply.number('added_at') : null
  }
}
