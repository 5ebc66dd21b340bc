import { SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { Refusal } from '../http/answers.ts'
import { createOldest } from '@sms-codes/core/queues/watched-queues'
import type { ApiMetrics } from '../metrics.ts'

const KNOWN_MS = 1_000
export const BACKLOG_RETRY_SECONDS = 10

/**
 * Whether workers keep up with what was accepted. One command a second and process at most, however many
 * requests ask.
 *
 * @param maxAgeSeconds how long a message may have waited for a worker; 0 for any time
 */
export function createBacklog(redis: RedisClient, maxAgeSeconds: number, metrics: ApiMetrics) {
  const oldest = createOldest(redis)
  let askedAt = 0
  let answer: Promise<number | null> = Promise.resolve(null)

  async function ask(): Promise<number | null> {
    try {
      return await oldest(SMS_QUEUE)
    } catch (err) {
      // Redis may be back for the next request.
      askedAt = 0
      throw err
    }
  }

  return {
    /** A code that is late is worse than a "later": nothing more is accepted while the oldest waits too long. */
    async refuse(): Promise<void> {
      if (maxAgeSeconds === 0) return
      // The clock of API hosts on both ends: that of Redis would add its difference to every age.
      if (Date.now() - askedAt >= KNOWN_MS) {
        askedAt = Date.now()
        answer = ask()
      }
      const madeAt = await answer
      if (madeAt === null || Date.now() - madeAt <= maxAgeSeconds * 1000) return
      metrics.refusedBy('backlog')
      throw new Refusal('busy', { retry_after: BACKLOG_RETRY_SECONDS })
    },
  }
}
export type Backlog = ReturnType<typeof createBacklog>
