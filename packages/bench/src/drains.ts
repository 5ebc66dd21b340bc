import { Queue } from 'bullmq'
import { createLogger } from '@sms-codes/core/logger'
import { phoneOf } from '@sms-codes/core/codes/send'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { createSendQueue, jobOf, SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import { keys } from '@sms-codes/core/redis/keys'
import { inBatches, issueCodes, type IssuedCode } from './codes.ts'
import type { Drain } from './drain-rounds.ts'
import { freshMobile } from './fresh.ts'
import { FLOOR_JOB, FLOOR_PREFIX, FLOOR_QUEUE } from './programs/floor.ts'
import type { Stack } from './stack.ts'
import type { Server } from './variants.ts'

type Parts = { worker: { pid: number }; gateway: Server; gatewayDelayMs: number }

/** Jobs of real records. After a valid round every record is `sent`. */
export function productDrain({ redis, keyring }: Stack, parts: Parts): Drain {
  const queue = createSendQueue(redis, createLogger('bench', 'warn', process.stderr))
  let issued: IssuedCode[] = []
  const isSent = async ({ send: { rid, scene } }: IssuedCode) =>
    (await redis.hget(keys.code(phoneOf(rid), scene), 'status')) === 'sent'
  return {
    ...parts,
    name: `worker, gateway of ${parts.gatewayDelayMs} ms`,
    queues: [`${QUEUE_PREFIX}:${SMS_QUEUE}`],
    async prepare(count) {
      issued = await issueCodes(redis, keyring, count)
      return issued.map(
        ({ send, mobile }) =>
          async () =>
            queue.add(jobOf(send, mobile)),
      )
    },
    async countDone() {
      const states = await inBatches(issued.length, async (at) => {
        const one = issued[at]
        return one !== undefined && (await isSent(one))
      })
      return states.filter(Boolean).length
    },
  }
}

export function floorDrain({ redis }: Stack, parts: Parts): Drain {
  const options = { connection: redis, prefix: FLOOR_PREFIX, skipVersionCheck: true }
  const queue = new Queue(FLOOR_QUEUE, { ...options, defaultJobOptions: FLOOR_JOB })
  return {
    ...parts,
    name: `floor of worker, gateway of ${parts.gatewayDelayMs} ms`,
    queues: [`${FLOOR_PREFIX}:${FLOOR_QUEUE}`],
    prepare: async (count) =>
      Array.from({ length: count }, () => async () => {
        const to = freshMobile()
        await queue.add(
          'send',
          { to, templateId: '1', datas: ['123456', '5'], reqId: to },
          { jobId: `to-${to}` },
        )
      }),
  }
}
