import type { Redis } from 'ioredis'
import type { Bench } from '../bench.ts'
import { noCodes, runCodes, type Tally } from '../code-flow.ts'
import { inBatches } from '../codes.ts'
import { startGateway } from '../gateway.ts'
import { openPool } from '../pool.ts'
import { prepareSends } from '../requests.ts'
import { CODE_API_ENV, CODE_WORKER_ENV, USERS } from './one-code.ts'

export type Storage = {
  hasIdempotencyKey: boolean
  /** Bytes of Redis for each code that was just used. */
  bytesAtOnce: number
  /** The same after the keys that expire within an hour are gone. */
  bytesAfterAnHour: number
  /** The memory at any time if a day has a million codes: what expires within the hour is there for a part of the day. */
  gigabytesOfMillion: number
  /** The keys that have grown by a member for each code of the whole service. */
  growing: string[]
  tally: Tally
}

/** The first codes fill what has a limit, such as the finished jobs that are kept. */
const FIRST_CODES = 1_500
const CODES = 2_500
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Measures the memory of Redis for each code, without and with an Idempotency-Key. */
export async function benchStorage(bench: Bench): Promise<Storage[]> {
  return [await measure(bench, false), await measure(bench, true)]
}

async function measure({ stack, progress }: Bench, hasIdempotencyKey: boolean): Promise<Storage> {
  const { redis } = stack
  await redis.flushall('SYNC')
  const gateway = await startGateway()
  const api = await stack.startApp('api', CODE_API_ENV)
  const worker = await stack.startApp('worker', { ...gateway.workerEnv, ...CODE_WORKER_ENV })
  const pool = await openPool(api.port, 50)
  const tally = noCodes()
  async function run(count: number): Promise<void> {
    const sends = await prepareSends(redis, count, hasIdempotencyKey)
    await runCodes(sends, { users: USERS, pool, gateway, tally, say: progress.say })
  }
  progress.say(`storage: ${CODES} codes ${hasIdempotencyKey ? 'with' : 'without'} Idempotency-Key`)
  await run(FIRST_CODES)
  await passHour(redis, CODES)
  const before = await dataBytes(redis)
  await run(CODES)
  pool.close()
  await Promise.all([api.stop(), worker.stop(), gateway.close()])
  const bytesAtOnce = ((await dataBytes(redis)) - before) / CODES
  const { growing, lifeMs } = await passHour(redis, CODES)
  const bytesAfterAnHour = ((await dataBytes(redis)) - before) / CODES
  const bytesOnAverage = bytesAfterAnHour + ((bytesAtOnce - bytesAfterAnHour) * lifeMs) / DAY_MS
  const gigabytesOfMillion = (1e6 * bytesOnAverage) / 1e9
  return { hasIdempotencyKey, bytesAtOnce, bytesAfterAnHour, gigabytesOfMillion, growing, tally }
}

/** Deletes what expires within the hour. */
export async function passHour(redis: Redis, codes: number) {
  /** The remaining keys that have a member for each code. */
  const growing: string[] = []
  const names: string[] = []
  for await (const some of redis.scanStream({ count: 1_000 }))
    if (Array.isArray(some)) names.push(...some.map(String))
  let [bytes, byteMs] = [0, 0]
  await inBatches(names.length, async (at) => {
    const name = names[at] ?? ''
    const ttl = await redis.pttl(name)
    if (ttl >= 0 && ttl < HOUR_MS) {
      const usage = Number(await redis.memory('USAGE', name))
      bytes += usage
      byteMs += usage * ttl
      await redis.del(name)
    } else if ((await membersOf(redis, name)) >= codes) growing.push(name)
  })
  /** How long a deleted byte would have stayed, on average. */
  const lifeMs = bytes === 0 ? 0 : byteMs / bytes
  return { growing, lifeMs }
}

async function membersOf(redis: Redis, name: string): Promise<number> {
  const type = await redis.type(name)
  if (type === 'zset') return redis.zcard(name)
  if (type === 'set') return redis.scard(name)
  if (type === 'hash') return redis.hlen(name)
  if (type === 'list') return redis.llen(name)
  return type === 'stream' ? redis.xlen(name) : 1
}

/** The memory of Redis without the buffers of its clients. */
async function dataBytes(redis: Redis): Promise<number> {
  const memory = await redis.info('memory')
  const bytes = (name: string) => Number(new RegExp(`${name}:(\\d+)`).exec(memory)?.[1])
  return bytes('used_memory') - bytes('mem_clients_normal')
}
