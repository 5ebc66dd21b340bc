import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { createCounters } from '@sms-codes/core/limits/counters'
import { EVENTS_QUEUE } from '@sms-codes/core/queues/events'
import { keys } from '@sms-codes/core/redis/keys'
import { createQueueState } from '@sms-codes/core/queues/queue-state'
import { queuesInUse } from '@sms-codes/core/queues/watched-queues'
import { redisClockMs } from '@sms-codes/core/redis/clock-skew'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { readServers } from '@sms-codes/core/redis/server-faults'
import type { StoreConfig } from './config.ts'
import { showSeconds, table } from './output.ts'

/** Reads the state of the service. @throws StoreError */
export async function takeSnapshot(config: StoreConfig, redis: RedisClient) {
  const lists = createLists(redis)
  const [servers, queues, budget, allow, deny] = await Promise.all([
    readServers(redis),
    readQueues(redis, config.shards),
    createCounters(redis).room({ key: keys.budget, windows: config.budget }),
    lists.all('allow'),
    lists.all('deny'),
  ])
  return { redis: servers, queues, budget, lists: { allow: allow.length, deny: deny.length } }
}
type Snapshot = Awaited<ReturnType<typeof takeSnapshot>>

/** Reads the figures of every queue that is in use. @throws StoreError */
export async function readQueues(redis: RedisClient, shards: number) {
  const stateOf = createQueueState(redis)
  const [now, names] = await Promise.all([redisClockMs(redis), queuesInUse(redis, shards)])
  return Promise.all(
    names.map(async (name) => {
      const { jobs, untakenMs, stalledMs, isPaused: paused } = await stateOf(name, now)
      // The age of the job that has waited longest for its first worker.
      const oldestSeconds = untakenMs === null ? null : Math.round(untakenMs / 1000)
      return { name, ...jobs, oldestSeconds, stalledSeconds: Math.round(stalledMs / 1000), paused }
    }),
  )
}

const MEGABYTE = 1_048_576
const COLUMNS = ['queue', 'waiting', 'active', 'delayed', 'failed', 'oldest', 'stalled', 'state']
const NUMBERS = ['waiting', 'active', 'delayed', 'failed', 'oldest', 'stalled', 'most', 'used', 'left']

export function showSnapshot({ redis, queues, budget, lists }: Snapshot): string[] {
  const rows = queues.map(
    ({ name, waiting, active, delayed, failed, oldestSeconds, stalledSeconds, paused }) => [
      name,
      ...[waiting, active, delayed, failed].map(String),
      oldestSeconds === null ? '-' : showSeconds(oldestSeconds),
      // The time for which sends have waited and no gateway has accepted any.
      name === EVENTS_QUEUE || stalledSeconds === 0 ? '-' : showSeconds(stalledSeconds),
      paused ? 'PAUSED' : 'running',
    ],
  )
  return [
    ...redis.servers.map(showServer),
    ...redis.faults.map((fault) => `FAULT   ${fault}`),
    `lists   ${lists.deny} blocked, ${lists.allow} allowed`,
    '',
    ...table(COLUMNS, rows, NUMBERS),
    '',
    ...showBudget(budget),
  ]
}

function showServer(server: Snapshot['redis']['servers'][number]): string {
  const { version, memoryBytes, maxMemoryBytes, policy } = server
  const limit = maxMemoryBytes === 0 ? 'no limit' : `of ${megabytes(maxMemoryBytes)}`
  return `redis   ${version}, ${megabytes(memoryBytes)} (${limit}), ${policy}`
}

function showBudget(budget: Snapshot['budget']): string[] {
  if (budget.length === 0) return ['budget  not set (policy: budget)']
  const rows = budget.map((one) => [showSeconds(one.seconds), `${one.most}`, `${one.used}`, `${one.left}`])
  return table(['budget per', 'most', 'used', 'left'], rows, NUMBERS)
}

const megabytes = (bytes: number) => `${(bytes / MEGABYTE).toFixed(1)} MB`
