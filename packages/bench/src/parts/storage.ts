import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import type { Bench } from '../bench.ts'
import { noCodes, runCodes, type Tally } from '../code-flow.ts'
import { inBatches } from '../codes.ts'
import { startGateway } from '../gateway.ts'
import { openPool } from '../pool.ts'
import { prepareSends } from '../requests.ts'
import { startForCodes, USERS } from './one-code.ts'

export type Storage = {
  hasIdempotencyKey: boolean
  /** Bytes of Redis for each code that was just used. */
  bytesAtOnce: number
  /** The same after the keys that expire within the hour are gone. */
  bytesAfterAnHour: number
  /** The memory at any time if a day has a million codes: each key counts for the part of the day in which it exists. */
  gigabytesOfMillion: number
  /** The keys that have grown by a member for each code of the whole service. */
  growing: string[]
  tally: Tally
}

/** The first codes fill what has a limit, such as the events of BullMQ. */
const FIRST_CODES = 1_500
const CODES = 2_500
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/**
 * The bytes of a key in the table of expiries: an entry, and slots in both tables. The tables double, so their growth in a
 * run depends on how full they were. A million keys fill a table of 2^20 slots.
 */
const EXPIRY_BYTES = 24 + 2 * 8

/** Measures the memory of Redis for each code, without and with an Idempotency-Key. */
export async function benchStorage(bench: Bench): Promise<Storage[]> {
  return [await measure(bench, false), await measure(bench, true)]
}

async function measure({ stack, progress }: Bench, hasIdempotencyKey: boolean): Promise<Storage> {
  const { redis } = stack
  await redis.flushall('SYNC')
  const gateway = await startGateway()
  const { api, worker } = await startForCodes(stack, gateway)
  const pool = await openPool(api.port, 50)
  const tally = noCodes()
  async function run(count: number): Promise<void> {
    const sends = await prepareSends(redis, count, hasIdempotencyKey)
    await runCodes(sends, { users: USERS, pool, gateway, tally, say: progress.say })
  }
  progress.say(`storage: ${CODES} codes ${hasIdempotencyKey ? 'with' : 'without'} Idempotency-Key`)
  await run(FIRST_CODES)
  await passHour(redis)
  await removeEndedJobs(redis)
  const before = await readKeys(redis, CODES)
  await run(CODES)
  pool.close()
  await Promise.all([api.stop(), worker.stop(), gateway.close()])
  await removeEndedJobs(redis)
  const atOnce = await readKeys(redis, CODES)
  const of = (figure: 'bytes' | 'bytesAfterAnHour' | 'bytesOnAverage') =>
    (atOnce[figure] - before[figure]) / CODES
  return {
    hasIdempotencyKey,
    bytesAtOnce: of('bytes'),
    bytesAfterAnHour: of('bytesAfterAnHour'),
    gigabytesOfMillion: (1e6 * of('bytesOnAverage')) / 1e9,
    growing: atOnce.growing,
    tally,
  }
}

/** The number of kept jobs has a limit that these runs do not reach. */
async function removeEndedJobs(redis: Redis): Promise<void> {
  const queue = new Queue(SMS_QUEUE, { connection: redis, prefix: QUEUE_PREFIX })
  await queue.clean(0, 0, 'completed')
  await queue.close()
}

/** Deletes what expires within the hour. */
export async function passHour(redis: Redis): Promise<void> {
  const names = await namesOf(redis)
  await inBatches(names.length, async (at) => {
    const ttl = await redis.pttl(names[at] ?? '')
    if (ttl >= 0 && ttl <= HOUR_MS) await redis.del(names[at] ?? '')
  })
}

/**
 * Adds up the bytes of all keys with their expiries. A key that lives for twelve hours of a day counts half on average,
 * because at any time only every second code of a day still has its key.
 */
export async function readKeys(redis: Redis, codes: number) {
  const names = await namesOf(redis)
  let [bytes, bytesAfterAnHour, bytesOnAverage] = [0, 0, 0]
  /** The keys of more than an hour that have a member for each code. */
  const growing: string[] = []
  await inBatches(names.length, async (at) => {
    const name = names[at] ?? ''
    const ttl = await redis.pttl(name)
    const usage = Number(await redis.memory('USAGE', name, 'SAMPLES', 0))
    // A key that has expired meanwhile has no usage.
    if (usage === 0) return
    const all = usage + (ttl < 0 ? 0 : EXPIRY_BYTES)
    const staysLonger = ttl < 0 || ttl > HOUR_MS
    bytes += all
    bytesOnAverage += ttl < 0 ? all : (all * ttl) / DAY_MS
    if (staysLonger) bytesAfterAnHour += all
    if (staysLonger && (await membersOf(redis, name)) >= codes) growing.push(name)
  })
  return { bytes, bytesAfterAnHour, bytesOnAverage, growing }
}

async function namesOf(redis: Redis): Promise<string[]> {
  const names = new Set<string>()
  for await (const some of redis.scanStream({ count: 1_000 }))
    if (Array.isArray(some)) for (const name of some) names.add(String(name))
  return [...names]
}

async function membersOf(redis: Redis, name: string): Promise<number> {
  const type = await redis.type(name)
  if (type === 'zset') return redis.zcard(name)
  if (type === 'set') return redis.scard(name)
  if (type === 'hash') return redis.hlen(name)
  if (type === 'list') return redis.llen(name)
  return type === 'stream' ? redis.xlen(name) : 1
}
