import { expect, it } from 'vitest'
import { createLogger } from '@sms-codes/core/logger'
import { connectRedis } from '@sms-codes/core/redis/connect'
import { watchQueues } from '@sms-codes/core/queues/watched-queues'

it('a queue fails at once while Redis is down, even if Redis was never up', async () => {
  const log = createLogger('board', 'silent')
  const redis = connectRedis('redis://127.0.0.1:1', 'producer', log)
  const { queues, close } = watchQueues(redis, log)
  expect(queues.map(({ name }) => name)).toEqual(['sms', 'email', 'events'])
  for (const queue of queues) await expect(queue.getJobCounts('waiting')).rejects.toThrow(/writeable|closed/)
  await close()
  redis.disconnect()
})
