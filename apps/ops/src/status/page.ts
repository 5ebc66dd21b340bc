import { showSeconds } from '../duration.ts'
import { table } from '../table.ts'
import type { GatewayFigures } from './gateways.ts'
import type { Snapshot } from './snapshot.ts'

const MEGABYTE = 1_048_576
const NUMBERS = ['waiting', 'active', 'delayed', 'failed', 'oldest', 'most', 'used', 'left']

/** A snapshot as lines for a person. */
export function showSnapshot({ redis, queues, budget, lists, workers }: Snapshot): string[] {
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
        paused ? 'PAUSED' : 'open',
      ]),
      NUMBERS,
    ),
    '',
    ...showBudget(budget),
    '',
    ...showWorkers(workers),
  ]
}

function showServer({
  version,
  memoryBytes,
  maxMemoryBytes,
  policy,
}: Snapshot['redis']['servers'][number]): string {
  const limit = maxMemoryBytes === 0 ? 'no limit' : `of ${megabytes(maxMemoryBytes)}`
  return `redis   ${version}, ${megabytes(memoryBytes)} (${limit}), ${policy}`
}

function showBudget(budget: Snapshot['budget']): string[] {
  if (budget.length === 0) return ['budget  none is set (BUDGET_MESSAGES, BUDGET_CENTS)']
  const rows = budget.map(({ seconds, most, used, left }) => [
    showSeconds(seconds),
    ...[most, used, left].map(String),
  ])
  return table(['budget per', 'most', 'used', 'left'], rows, NUMBERS)
}

function showWorkers(workers: Snapshot['workers']): string[] {
  if (workers === null) return ['gateways: the workers know; give their addresses with --metrics']
  const rows = workers.gateways.map((figures) => [
    figures.gateway,
    figures.channel,
    breakerOf(figures),
    Object.entries(figures.calls)
      .map(([outcome, count]) => `${outcome} ${count}`)
      .join(', ') || '-',
  ])
  return [
    ...(rows.length === 0 ? [] : table(['gateway', 'channel', 'breaker', 'calls by outcome'], rows)),
    ...workers.unreachable.map((host) => `no metrics from ${host}: start that worker, or correct --metrics`),
  ]
}

function breakerOf({ breakers: { open, of } }: GatewayFigures): string {
  if (of === 0) return '-'
  return open === 0 ? 'closed' : `OPEN (${open} of ${of})`
}

const megabytes = (bytes: number) => `${(bytes / MEGABYTE).toFixed(1)} MB`
