import { Redis } from 'ioredis'
import { inBatches, issueCodes } from '@sms-codes/bench/codes'
import { createKeyring } from '@sms-codes/core/keyring'
import { createLogger } from '@sms-codes/core/logger'
import { createSendQueue, jobOf } from '@sms-codes/core/queues/send-queue'
import type { System } from '../test/system.ts'

/** Issues codes for phones of other users and adds their jobs to the queue, as the API does for accepted requests. */
export async function addBacklog({ env }: System, count: number): Promise<void> {
  const redis = new Redis(env['REDIS_URL'] ?? '', { maxRetriesPerRequest: null })
  const [kid = '', key = ''] = env['CODE_KEYS']?.split(':') ?? []
  const keyring = createKeyring({
    phoneKey: Buffer.from(env['PHONE_KEY'] ?? '', 'base64'),
    codeKeys: [{ kid, key: Buffer.from(key, 'base64') }],
  })
  const queue = createSendQueue(redis, createLogger('drills', 'warn', process.stderr))
  const issued = await issueCodes(redis, keyring, count)
  await inBatches(issued.length, async (at) => {
    const one = issued[at]
    if (one !== undefined) await queue.add(jobOf(one.send, one.mobile))
  })
  await queue.close()
  redis.disconnect()
}
