import { Cluster, type Redis } from 'ioredis'
import { keys } from '@sms-codes/core/redis/keys'
import { createLimits } from '@sms-codes/core/limits/limits'
import { asStoreError, type RedisClient } from '@sms-codes/core/redis/connect'
import { serverFaults } from '@sms-codes/core/redis/server-faults'
import type { StoreConfig } from '../config.ts'
import type { Queues } from '../queues.ts'
import { askWorkers } from './gateways.ts'

type Asked = {
  config: StoreConfig
  redis: RedisClient
  queues: Queues
  urls: readonly URL[]
  signal: AbortSignal
}

/** How the service stands now. @throws StoreError */
export async function takeSnapshot({ config, redis, queues, urls, signal }: Asked) {
  const [servers, figures, budget, lists, workers] = await Promise.all([
    readServers(redis),
    queues.figures(),
    readBudget(redis, config),
    readListSizes(redis),
    urls.length === 0 ? null : askWorkers(urls, signal),
  ])
  return { redis: servers, queues: figures, budget, lists, workers }
}
export type Snapshot = Awaited<ReturnType<typeof takeSnapshot>>

async function readServers(redis: RedisClient) {
  const primaries = redis instanceof Cluster ? redis.nodes('master') : [redis]
  const [servers, faults] = await Promise.all([Promise.all(primaries.map(readServer)), serverFaults(redis)])
  return { servers, faults }
}

async function readServer(server: Redis) {
  const info = await asStoreError('info', server.info('server', 'memory'))
  const field = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1] ?? ''
  return {
    version: field('valkey_version') || field('redis_version'),
    memoryBytes: Number(field('used_memory')),
    /** 0 for no limit. */
    maxMemoryBytes: Number(field('maxmemory')),
    policy: field('maxmemory_policy'),
  }
}

/** Of all windows of the budget what is used, each by itself. */
async function readBudget(redis: RedisClient, { budget }: StoreConfig) {
  const limits = createLimits(redis)
  const key = keys.budget
  return Promise.all(
    budget.map(async ({ most, seconds }) => {
      const used = await limits.count({ key, windows: [{ most, seconds }] })
      return { seconds, most, used, left: Math.max(0, most - used) }
    }),
  )
}

/** Entries that have not ended: the others go with the next send. */
async function readListSizes(redis: RedisClient) {
  const [seconds] = await asStoreError('time', redis.time())
  const size = (list: 'allow' | 'deny') =>
    asStoreError('lists', redis.zcount(keys.list(list), `(${seconds}000`, '+inf'))
  const [allow, deny] = await Promise.all([size('allow'), size('deny')])
  return { allow, deny }
}
