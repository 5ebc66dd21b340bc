import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createAcceptanceMark } from '@sms-codes/core/queues/queue-state'
import { SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import { createSmsQueue } from '@sms-codes/core/queues/shards'
import { connectRedis, type RedisClient } from '@sms-codes/core/redis/connect'
import { untilReady } from '@sms-codes/core/test/until-ready'
import { createConsumer } from '../src/consumer.ts'
import { serveShards } from '../src/serve-shards.ts'
import { fakeGateway, jobOf, log, newMobile, sendOf, startDelivery } from './worker.ts'

const EVERY_MS = 50

let delivery: Awaited<ReturnType<typeof startDelivery>>
let connection: RedisClient
let producer: RedisClient
let gateway: ReturnType<typeof fakeGateway>
const stops: (() => Promise<unknown>)[] = []
beforeEach(async () => {
  delivery = await startDelivery()
  connection = connectRedis(delivery.server.url, 'worker', log)
  // A connection of this kind waits longer for an answer, so that a busy test machine causes no refusals.
  producer = connectRedis(delivery.server.url, 'operator', log)
  gateway = fakeGateway('ccp')
  await untilReady(producer)
})
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
  connection.disconnect()
  producer.disconnect()
  await delivery.stop()
})

/** Starts the consumers of a worker process, as compose.ts does. */
function startWorker(shards: number, concurrency = 50) {
  const { redis } = delivery
  const mark = createAcceptanceMark(redis, SMS_QUEUE)
  const deliver = (job: ReturnType<typeof jobOf>) => delivery.deliver(job, [gateway])
  const open = (queue: string) =>
    createConsumer({ ...delivery, queue, channel: 'sms', connection, concurrency, deliver, mark, log })
  const served = serveShards({ redis, shards, concurrency, open, log, everyMs: EVERY_MS })
  const stop = async () => {
    served.stop()
    await Promise.all(served.consumers().map((consumer) => consumer.close()))
  }
  stops.push(stop)
  return {
    stop,
    queues: () => served.consumers().map(({ name }) => name),
    concurrency: () => served.consumers().map((consumer) => consumer.concurrency),
  }
}

/** Opens the producer's side of an API process, and returns a function that issues and adds sends. */
function startProducer(shards: number) {
  const queue = createSmsQueue(producer, log, shards)
  stops.push(() => queue.close())
  return async (count: number): Promise<void> => {
    const sends = await Promise.all(
      Array.from({ length: count }, async () => sendOf(await delivery.codes.issue(newMobile(), 'default'))),
    )
    await Promise.all(sends.map((send) => queue.add(jobOf(send))))
  }
}

const arrived = () => gateway.messages.map(({ mobile }) => mobile)

describe('a worker of the queue sms', () => {
  it('divides its concurrency among its shards', async () => {
    expect(startWorker(1).concurrency()).toEqual([50])
    expect(startWorker(4).concurrency()).toEqual([12, 12, 12, 12])
  })

  it('serves a queue of another number of shards while it has jobs, with the same part of the concurrency', async () => {
    await startProducer(1)(1)
    await delivery.redis.hset('{sms}:sms:meta', 'paused', 1)
    const worker = startWorker(4)
    const [own, all] = [
      ['sms-0', 'sms-1', 'sms-2', 'sms-3'],
      ['sms-0', 'sms-1', 'sms-2', 'sms-3', 'sms'],
    ]
    await expect.poll(worker.queues).toEqual(all)
    expect(worker.concurrency()).toEqual([10, 10, 10, 10, 10])
    await delivery.redis.hdel('{sms}:sms:meta', 'paused')
    await expect.poll(() => arrived().length).toBe(1)
    await expect.poll(worker.queues).toEqual(own)
    expect(worker.concurrency()).toEqual([12, 12, 12, 12])
    await startProducer(1)(1)
    await expect.poll(() => arrived().length).toBe(2)
  })

  it('a change from 1 to 4 to 2 shards with sends in flight loses no send and sends none twice', async () => {
    const [addToOne, addToFour, addToTwo] = [startProducer(1), startProducer(4), startProducer(2)]
    const first = startWorker(1)
    await addToOne(40)
    // New workers start before old ones stop, and the APIs change in between.
    const second = startWorker(4)
    await Promise.all([addToOne(40), addToFour(40)])
    await first.stop()
    await Promise.all([addToOne(40), addToFour(40)])
    const third = startWorker(2)
    await Promise.all([addToFour(40), addToTwo(40)])
    await second.stop()
    await Promise.all([addToOne(20), addToFour(40), addToTwo(40)])
    await expect.poll(() => arrived().length, { timeout: 40_000 }).toBe(380)
    await expect.poll(third.queues).toEqual(['sms-0', 'sms-1'])
    expect(new Set(arrived()).size).toBe(380)
    // A message arrives before its send ends.
    await expect
      .poll(() => delivery.registry.metrics())
      .toContain('sms_sends_ended_total{status="sent",by="ccp"} 380')
  }, 90_000)
})
