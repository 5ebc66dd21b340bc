import type { TProperties } from '@sinclair/typebox'
import { Queue } from 'bullmq'
import { EVENTS_QUEUE, SendEvent } from '@sms-codes/core/events'
import type { Logger } from '@sms-codes/core/logger'
import { EMAIL_QUEUE, QUEUE_PREFIX, SendJob, SMS_QUEUE } from '@sms-codes/core/queues'
import type { RedisClient } from '@sms-codes/core/redis'

/** The queues on the board, and the fields of a job of theirs that may be seen. */
export const WATCHED: Record<string, { description: string; data: TProperties }> = {
  [SMS_QUEUE]: { description: 'messages to send by SMS', data: SendJob.properties },
  [EMAIL_QUEUE]: { description: 'messages that go by e-mail instead', data: SendJob.properties },
  [EVENTS_QUEUE]: { description: 'what your application is told', data: SendEvent.properties },
}

/**
 * The queues as an onlooker sees them: opening them writes nothing, and none of them waits for Redis.
 * @param connection of the kind `producer`, so that an outage gives errors and no page that hangs
 */
export function openQueues(connection: RedisClient, log: Logger) {
  const queues = Object.keys(WATCHED).map((name) => {
    const queue = new Queue(name, {
      connection,
      prefix: QUEUE_PREFIX,
      skipWaitingForReady: true,
      // BullMQ asks once for the version and keeps a refusal for ever: a board that was started while
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
    close: async () => {
      for (const queue of queues) await queue.close()
    },
  }
}
