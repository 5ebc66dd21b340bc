import { readLastAnswers, readTraffic } from '@sms-codes/core/history/traffic'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { createCounters } from '@sms-codes/core/limits/counters'
import { readGatewaysOff } from '@sms-codes/core/limits/gateways-off'
import { findDifferences } from '@sms-codes/core/process/fingerprints'
import { readProcesses } from '@sms-codes/core/process/heartbeat'
import { keys } from '@sms-codes/core/redis/keys'
import { createQueueState } from '@sms-codes/core/queues/queue-state'
import { queuesInUse } from '@sms-codes/core/queues/watched-queues'
import { redisClockMs } from '@sms-codes/core/redis/clock-skew'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { readServers } from '@sms-codes/core/redis/server-faults'
import type { StoreConfig } from './config.ts'

/** The time for which `status` counts sends. */
export const TRAFFIC_MINUTES = 5

/** Reads the state of the service. @throws StoreError */
export async function takeSnapshot(config: StoreConfig, redis: RedisClient) {
  const lists = createLists(redis)
  const [now, servers, processes, queues, budget] = await Promise.all([
    redisClockMs(redis),
    readServers(redis),
    readProcesses(redis),
    readQueues(redis, config.shards),
    readBudget(config, redis),
  ])
  const [sends, answers, off, allow, deny] = await Promise.all([
    readTraffic(redis, TRAFFIC_MINUTES),
    readLastAnswers(redis),
    readGatewaysOff(redis),
    lists.all('allow'),
    lists.all('deny'),
  ])
  const secondsSince = (at: number) => Math.max(0, Math.round((now - at) / 1000))
  return {
    at: new Date(now).toISOString(),
    historyHours: config.historyHours,
    redis: {
      ...servers,
      servers: servers.servers.map(({ savedAt, ...one }) => ({
        ...one,
        savedSeconds: secondsSince(savedAt),
      })),
    },
    processes: findDifferences(processes).map(
      ({ process: { startedAt, seenAt, ...process }, ...differs }) => ({
        ...process,
        ageSeconds: secondsSince(startedAt),
        seenSeconds: secondsSince(seenAt),
        differs,
      }),
    ),
    sends,
    answers: answers.map(({ at, ...answer }) => ({ ...answer, ageSeconds: secondsSince(at) })),
    gatewaysOff: [...off].map(([gateway, until]) => ({
      gateway,
      until: until === 0 ? null : new Date(until).toISOString(),
    })),
    queues,
    budget,
    lists: { allow: allow.length, deny: deny.length },
  }
}
export type Snapshot = Awaited<ReturnType<typeof takeSnapshot>>

/** Reads the figures of every queue that is in use. @throws StoreError */
export async function readQueues(redis: RedisClient, shards: number) {
  const stateOf = createQueueState(redis)
  const [now, names] = await Promise.all([redisClockMs(redis), queuesInUse(redis, shards)])
  return Promise.all(
    names.map(async (name) => {
      const { jobs, untakenMs, unacceptedMs, stalledMs, isPaused: paused } = await stateOf(name, now)
      return {
        name,
        ...jobs,
        /** The age of the job that has waited longest for its first worker. */
        oldestSeconds: toSeconds(untakenMs),
        /** The age of the oldest send that no gateway has accepted. */
        unacceptedSeconds: toSeconds(unacceptedMs),
        stalledSeconds: Math.round(stalledMs / 1000),
        paused,
      }
    }),
  )
}

const toSeconds = (ms: number | null) => (ms === null ? null : Math.round(ms / 1000))

/** The windows of the budget, each in its own unit. Redis counts messages for all of them. @throws StoreError */
async function readBudget({ budget, policy }: StoreConfig, redis: RedisClient) {
  const { messages, cents, message_cents: price } = policy.budget
  const windows = await createCounters(redis).room({ key: keys.budget, windows: budget })
  return windows.map(({ seconds, most, used, left }, i) => {
    if (i < messages.length) return { unit: 'messages', seconds, most, used, left }
    return {
      unit: 'cents',
      seconds,
      most: cents[i - messages.length]?.most ?? 0,
      used: used * price,
      left: left * price,
    }
  })
}
