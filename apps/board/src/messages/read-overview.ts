import { readFailures } from '@sms-codes/core/history/failures'
import { readLastAnswers, readTraffic } from '@sms-codes/core/history/traffic'
import { createCounters } from '@sms-codes/core/limits/counters'
import { readGatewaysOff } from '@sms-codes/core/limits/gateways-off'
import type { Window } from '@sms-codes/core/limits/windows'
import { readProcesses } from '@sms-codes/core/process/heartbeat'
import { EVENTS_QUEUE } from '@sms-codes/core/queues/events'
import { createQueueState, STALLED_AFTER_MS, stalledMsOf } from '@sms-codes/core/queues/queue-state'
import { smsQueues } from '@sms-codes/core/queues/shards'
import { queuesInUse } from '@sms-codes/core/queues/watched-queues'
import { redisClockMs } from '@sms-codes/core/redis/clock-skew'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { keys } from '@sms-codes/core/redis/keys'
import { maskText } from '../mask.ts'
import { maskCount, maskFailure, maskLastAnswer, maskProcess } from './masked.ts'

/** The periods of the overview, in minutes. */
export const PERIODS = { '5m': 5, '1h': 60, '24h': 1_440 } as const
export type Period = keyof typeof PERIODS

const MOST_FAILURES = 20

export type OverviewDeps = {
  redis: RedisClient
  shards: number
  budget: readonly Window[]
  historyHours: number
}

/** Reads all that the overview shows. @throws StoreError */
export async function readOverview({ redis, shards, budget, historyHours }: OverviewDeps, period: Period) {
  const now = Math.floor(await redisClockMs(redis))
  const sinceMs = now - PERIODS[period] * 60_000
  const [traffic, answers, failures, processes, room, delivery, off] = await Promise.all([
    readTraffic(redis, PERIODS[period]),
    readLastAnswers(redis),
    readFailures(redis, { sinceMs, hours: historyHours, most: MOST_FAILURES }),
    readProcesses(redis),
    createCounters(redis).room({ key: keys.budget, windows: [...budget] }),
    readDelivery(redis, shards, now),
    readGatewaysOff(redis),
  ])
  return {
    now,
    period,
    hasHistory: historyHours > 0,
    traffic: traffic.map(maskCount),
    answers: answers.map(maskLastAnswer),
    failures: failures.map(maskFailure),
    processes: processes.map(maskProcess),
    room,
    delivery,
    switchedOff: [...off.keys()].map(maskText),
  }
}
export type Overview = Awaited<ReturnType<typeof readOverview>>

/** Reads whether messages leave: which queues are paused, and for how long no gateway has accepted any. */
async function readDelivery(redis: RedisClient, shards: number, now: number) {
  const stateOf = createQueueState(redis)
  const names = await queuesInUse(redis, shards)
  const states = await Promise.all(names.map(async (name) => ({ name, ...(await stateOf(name, now)) })))
  const stalledMs = stalledMsOf(states.filter(({ name }) => smsQueues(shards).includes(name)))
  const waits = states.flatMap(({ name, unacceptedMs }) => (name === EVENTS_QUEUE ? [] : (unacceptedMs ?? 0)))
  return {
    paused: states.filter(({ isPaused }) => isPaused).map(({ name }) => name),
    /** As long as the API refuses sends, otherwise null. */
    stalledMs: stalledMs < STALLED_AFTER_MS ? null : stalledMs,
    oldestMs: Math.max(0, ...waits),
  }
}
