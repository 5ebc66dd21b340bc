import { Queue } from 'bullmq'
import { expect, it } from 'vitest'
import { createLogger } from '@sms-codes/core/logger'
import { connectRedis } from '@sms-codes/core/redis/connect'
import { watchQueues } from '@sms-codes/core/queues/watched-queues'
import { startBoard } from './board.ts'

it('a queue fails at once while Redis is down, even if Redis was never up', async () => {
  const log = createLogger('board', 'silent')
  const redis = connectRedis('redis://127.0.0.1:1', 'producer', log)
  const { queues, close } = watchQueues(redis, log)
  expect(queues.map(({ name }) => name)).toEqual(expect.arrayContaining(['sms', 'email', 'events']))
  for (const queue of queues) await expect(queue.getJobCounts('waiting')).rejects.toThrow(/writeable|closed/)
  await close()
  redis.disconnect()
})

it('the board shows all shards, and a queue of another number of shards while it has jobs', async () => {
  const board = await startBoard({ shards: 2 })
  const shown = async () => {
    const { queues } = (await board.ask({ url: '/api/queues' })).json<{ queues: { name: string }[] }>()
    return queues.map(({ name }) => name)
  }
  const statusOf = async (queue: string) => (await board.ask({ url: `/api/queues/${queue}/j.1` })).statusCode
  expect(await shown()).toEqual(['sms-0', 'sms-1', 'email', 'events'])
  const old = new Queue('sms-3', { connection: { url: board.server.url }, prefix: '{sms-3}' })
  await old.add('send', { scene: 'login' }, { jobId: 'j.1', delay: 60_000 })
  expect(await shown()).toEqual(['sms-0', 'sms-1', 'sms-3', 'email', 'events'])
  expect(await statusOf('sms-3')).toBe(200)
  await old.remove('j.1')
  expect(await shown()).toEqual(['sms-0', 'sms-1', 'email', 'events'])
  expect(await statusOf('sms-3')).toBe(404)
  await old.close()
  await board.close()
})
