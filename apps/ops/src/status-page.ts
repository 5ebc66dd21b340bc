import { EVENTS_QUEUE } from '@sms-codes/core/queues/events'
import { printable, showSeconds, table, wrap } from './output.ts'
import { TRAFFIC_MINUTES, type Snapshot } from './snapshot.ts'
import type { findFaults } from './status-faults.ts'

const MEGABYTE = 1_048_576
/** At most so many gateways or reasons are shown for an outcome. */
const MOST_SHOWN = 4
const OUTCOMES = ['accepted', 'sent', 'fell_back', 'failed', 'delivered', 'verified'] as const
const QUEUE = ['queue', 'waiting', 'active', 'delayed', 'failed', 'oldest', 'unaccepted', 'stalled', 'state']
const NUMBERS = [...QUEUE.slice(1, -1), 'sends', 'most', 'used', 'left', 'pid', 'age', 'seen', 'memory']

type Page = Snapshot & ReturnType<typeof findFaults> & { version: string }

/** The page of `status`: what is wrong comes first. Faults and notes are wrapped at 100 columns. */
export function showPage(page: Page): string[] {
  const { at, version, historyHours, lists, faults, notes } = page
  const history = historyHours === 0 ? 'off (policy: history_hours)' : `${historyHours} h`
  return [
    `${at}  build ${version}`,
    `history ${history}, lists: ${lists.deny} blocked, ${lists.allow} allowed`,
    '',
    ...faults.flatMap((fault) => wrap(`FAULT   ${fault}`, 8)),
    ...notes.flatMap((note) => wrap(`NOTE    ${note}`, 8)),
    ...(faults.length === 0 ? ['no faults found'] : []),
    ...showSends(page.sends),
    ...showGateways(page),
    ...showQueues(page.queues),
    ...showBudget(page.budget),
    ...showServers(page.redis.servers),
    ...showProcesses(page.processes),
  ].map(printable)
}

function showSends(sends: Snapshot['sends']): string[] {
  const rows = OUTCOMES.map((outcome) => {
    const counts = new Map<string, number>()
    for (const { what, scene, by, count } of sends) {
      const name = (what === 'accepted' ? scene : by) || 'unknown'
      if (what === outcome) counts.set(name, (counts.get(name) ?? 0) + count)
    }
    const parts = [...counts].toSorted(([, a], [, b]) => b - a)
    const shown = parts.slice(0, MOST_SHOWN).map(([name, count]) => `${name} ${count}`)
    const more = parts.length > MOST_SHOWN ? [`${parts.length - MOST_SHOWN} more`] : []
    const sum = parts.reduce((all, [, count]) => all + count, 0)
    return [outcome, String(sum), [...shown, ...more].join(', ')]
  })
  return ['', ...table([`last ${TRAFFIC_MINUTES} min`, 'sends', 'by'], rows, NUMBERS)]
}

/** The newest answer of each gateway, and for how long it has not accepted a message. */
function showGateways({ processes, answers, gatewaysOff }: Snapshot): string[] {
  const called = processes.flatMap(({ gateways }) => gateways)
  const names = [...new Set([...called, ...answers.map(({ gateway }) => gateway)])]
  if (names.length === 0) return []
  const rows = names.map((name) => {
    const own = answers.filter(({ gateway }) => gateway === name)
    const [last, accepted] = [own[0], own.find((one) => one.class === 'accepted')]
    return [
      name,
      gatewaysOff.some(({ gateway }) => gateway === name) ? 'OFF' : 'on',
      ago(accepted?.ageSeconds),
      ago(last?.ageSeconds),
      last?.class ?? '-',
      last?.code.slice(0, 40) ?? '-',
    ]
  })
  return ['', ...table(['gateway', 'state', 'accepted', 'last answer', 'class', 'code'], rows)]
}

function showQueues(queues: Snapshot['queues']): string[] {
  const rows = queues.map((queue) => [
    queue.name,
    ...[queue.waiting, queue.active, queue.delayed, queue.failed].map(String),
    duration(queue.oldestSeconds),
    // The job of an event needs no gateway.
    duration(queue.name === EVENTS_QUEUE ? null : queue.unacceptedSeconds),
    duration(queue.name === EVENTS_QUEUE ? null : queue.stalledSeconds || null),
    queue.paused ? 'PAUSED' : 'running',
  ])
  return ['', ...table(QUEUE, rows, NUMBERS)]
}

function showBudget(budget: Snapshot['budget']): string[] {
  if (budget.length === 0) return ['', 'budget not set (policy: budget)']
  const rows = budget.map(({ unit, seconds, most, used, left }) => [
    `${unit} per ${showSeconds(seconds)}`,
    ...[most, used, left].map(String),
  ])
  return ['', ...table(['budget', 'most', 'used', 'left'], rows, NUMBERS)]
}

function showServers(servers: Snapshot['redis']['servers']): string[] {
  const rows = servers.map((server) => {
    const { version, memoryBytes, maxMemoryBytes, policy, hasAof, savedSeconds, replicas } = server
    const limit = maxMemoryBytes === 0 ? 'no limit' : `of ${megabytes(maxMemoryBytes)}`
    const lag = Math.max(0, ...replicas.map(({ lagSeconds }) => lagSeconds))
    return [
      server.address,
      version,
      `${megabytes(memoryBytes)} (${limit})`,
      policy,
      onOrOff(hasAof),
      ago(savedSeconds),
      replicas.length === 0 ? 'none' : `${replicas.length}, lag ${lag} s`,
    ]
  })
  const head = ['redis', 'version', 'memory', 'eviction', 'AOF', 'saved', 'replicas']
  return ['', ...table(head, rows, NUMBERS)]
}

function showProcesses(processes: Snapshot['processes']): string[] {
  if (processes.length === 0) return []
  const rows = processes.map(({ app, host, pid, version, ageSeconds, seenSeconds }) => [
    app,
    host,
    String(pid),
    version,
    showSeconds(ageSeconds),
    ago(seenSeconds),
  ])
  return ['', ...table(['process', 'host', 'pid', 'version', 'age', 'seen'], rows, NUMBERS)]
}

function onOrOff(isOn: boolean | null): string {
  if (isOn === null) return '?'
  return isOn ? 'on' : 'OFF'
}
const ago = (seconds: number | undefined) => (seconds === undefined ? '-' : `${showSeconds(seconds)} ago`)
const duration = (seconds: number | null) => (seconds === null ? '-' : showSeconds(seconds))
const megabytes = (bytes: number) => `${(bytes / MEGABYTE).toFixed(1)} MB`
