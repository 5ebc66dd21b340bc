import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { createLimits } from '@sms-codes/core/limits/limits'
import { keys } from '@sms-codes/core/redis/keys'
import { readServers } from '@sms-codes/core/redis/server-faults'
import type { StoreConfig } from './config.ts'
import { showSeconds, table } from './output.ts'
import type { Queues } from './queues.ts'
import type { Store } from './store.ts'

type Sources = { config: StoreConfig; redis: Store['redis']; queues: Queues }

/** Reads the state of the service. @throws StoreError */
export async function takeSnapshot({ config, redis, queues }: Sources) {
  const lists = createLists(redis)
  const [servers, figures, budget, allow, deny] = await Promise.all([
    readServers(redis),
    queues.figures(),
    createLimits(redis).room({ key: keys.budget, windows: config.budget }),
    lists.all('allow'),
    lists.all('deny'),
  ])
  return {
    redis: servers,
    queues: figures,
    budget: budget.windows,
    lists: { allow: allow.length, deny: deny.length },
  }
}
export type Snapshot = Awaited<ReturnType<typeof takeSnapshot>>

const MEGABYTE = 1_048_576
const NUMBERS = ['waiting', 'active', 'delayed', 'failed', 'oldest', 'most', 'used', 'left']

/** Formats a snapshot as lines. */
export function showSnapshot({ redis, queues, budget, lists }: Snapshot): string[] {
  return [
    ...redis.servers.map(showServer),
    ...redis.faults.map((fault) => `FAULT   ${fault}`),
    `lists   ${lists.deny} blocked, ${lists.allow} allowed`,
    '',
    ...table(
      ['queue', 'waiting', 'active', 'delayed', 'failed', 'oldest', 'state'],
      queues.map(({ name, waiting, active, delayed, failed, oldestSeconds, paused }) => [
        name,
        ...[waiting, active, delayed, failed].map(String),
        oldestSeconds === null ? '-' : showSeconds(oldestSeconds),
        paused ? 'PAUSED' : 'running',
      ]),
      NUMBERS,
    ),
    '',
    ...showBudget(budget),
  ]
}

type Server = Snapshot['redis']['servers'][number]

function showServer({ version, memoryBytes, maxMemoryBytes, policy }: Server): string {
  const limit = maxMemoryBytes === 0 ? 'no limit' : `of ${megabytes(maxMemoryBytes)}`
  return `redis   ${version}, ${megabytes(memoryBytes)} (${limit}), ${policy}`
}

function showBudget(budget: Snapshot['budget']): string[] {
  if (budget.length === 0) return ['budget  not set (BUDGET_MESSAGES, BUDGET_CENTS)']
  const rows = budget.map(({ seconds, most, used, left }) => [
    showSeconds(seconds),
    ...[most, used, left].map(String),
  ])
  return table(['budget per', 'most', 'used', 'left'], rows, NUMBERS)
}

const megabytes = (bytes: number) => `${(bytes / MEGABYTE).toFixed(1)} MB`
