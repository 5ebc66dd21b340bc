import { needsCorrection, newestAnswers } from '@sms-codes/core/history/traffic'
import { EVENTS_QUEUE } from '@sms-codes/core/queues/events'
import { STALLED_AFTER_MS } from '@sms-codes/core/queues/queue-state'
import { EMAIL_QUEUE } from '@sms-codes/core/queues/send-queue'
import { showSeconds } from './output.ts'
import type { Snapshot } from './snapshot.ts'

/** A worker writes its heartbeat every 5 s, and is dropped after 15 s. */
const LATE_BEAT_SECONDS = 8
const LAGGING_SECONDS = 10
const LONG_WAIT_SECONDS = 60
/** After these answers another call of the gateway may fail too, until a call is accepted. */
const OUTAGES = ['switch_now', 'ambiguous']

type Server = Snapshot['redis']['servers'][number]
type Process = Pick<Snapshot['processes'][number], 'app' | 'host' | 'pid'>

/**
 * Finds what is wrong in a snapshot: `faults` stop or endanger sends, and `notes` are states that an operator or a rollout
 * has caused. Each text says what to do.
 */
export function findFaults(snapshot: Snapshot): { faults: string[]; notes: string[] } {
  const { redis, processes, queues } = snapshot
  return {
    faults: [
      ...redis.faults,
      ...redis.servers.flatMap(serverFaults),
      ...processFaults(processes),
      ...queueFaults(queues),
      ...gatewayFaults(snapshot),
      ...budgetFaults(snapshot.budget),
      ...differenceFaults(processes),
    ],
    notes: [...versionNotes(processes), ...offNotes(snapshot.gatewaysOff)],
  }
}

function serverFaults({ address, hasAof, isAofWritten, isSnapshotWritten, replicas }: Server): string[] {
  const late = replicas.filter(({ state, lagSeconds }) => state !== 'online' || lagSeconds > LAGGING_SECONDS)
  return [
    ...(hasAof === false
      ? [
          `Redis ${address} keeps no append-only file and loses codes and jobs at a restart: set appendonly yes`,
        ]
      : []),
    ...(isAofWritten ? [] : [`Redis ${address} could not write its append-only file: check its disk`]),
    ...(isSnapshotWritten
      ? []
      : [`Redis ${address} could not write its snapshot: check its disk and memory`]),
    ...late.map(
      (replica) =>
        `the replica ${replica.address} is ${replica.state}, ${showSeconds(replica.lagSeconds)} behind: check its host and network`,
    ),
  ]
}

function processFaults(processes: Snapshot['processes']): string[] {
  const runs = (app: string) => processes.some((one) => one.app === app)
  const late = processes.filter(({ seenSeconds }) => seenSeconds > LATE_BEAT_SECONDS)
  return [
    ...(runs('worker') ? [] : ['no worker runs, so no message is sent: start a worker']),
    ...(runs('api') ? [] : ['no API process runs, so no request is answered: start the API']),
    ...late.map(
      (one) => `${nameOf(one)} was last seen ${showSeconds(one.seenSeconds)} ago: check that it still runs`,
    ),
  ]
}

function queueFaults(queues: Snapshot['queues']): string[] {
  const paused = queues.filter((one) => one.paused).map(({ name }) => name)
  const sms = queues.filter(({ name }) => name !== EMAIL_QUEUE && name !== EVENTS_QUEUE)
  const effect = sms.every((one) => one.paused)
    ? 'Nothing is sent and the API refuses sends'
    : 'The jobs of these queues wait'
  const stalled = queues.filter(
    (one) => one.name !== EVENTS_QUEUE && one.stalledSeconds * 1000 >= STALLED_AFTER_MS,
  )
  const waiting = queues.filter((one) => !one.paused && (one.oldestSeconds ?? 0) >= LONG_WAIT_SECONDS)
  return [
    ...(paused.length === 0 ? [] : [`paused: ${paused.join(', ')}. ${effect}; "resume" ends the pause`]),
    ...stalled.map(({ name, stalledSeconds }) => {
      const refuses = name === EMAIL_QUEUE ? '' : ', so the API refuses sends'
      return `no gateway has accepted a message of ${name} for ${showSeconds(stalledSeconds)}${refuses}: see the gateways below`
    }),
    ...waiting.map(
      ({ name, oldestSeconds }) =>
        `a job of ${name} has waited ${showSeconds(oldestSeconds ?? 0)} for a worker: start more workers for this queue`,
    ),
  ]
}

function gatewayFaults({ answers, gatewaysOff, processes }: Snapshot): string[] {
  const isOff = (name: string) => gatewaysOff.some(({ gateway }) => gateway === name)
  const failing = newestAnswers(answers).filter(
    (one) => !isOff(one.gateway) && (needsCorrection(one) || OUTAGES.includes(one.class)),
  )
  const called = processes.flatMap(({ gateways }) => gateways)
  const isAnyLeft = called.some((name) => !isOff(name) && failing.every(({ gateway }) => gateway !== name))
  const [first, ...more] = failing.filter(({ code }) => code.startsWith('PROXY_'))
  return [
    ...(first === undefined
      ? []
      : [
          `the HTTP proxy does not connect to ${[first, ...more].map(({ gateway }) => gateway).join(', ')} (${first.code}, ${showSeconds(first.ageSeconds)} ago): check HTTPS_PROXY, and the hosts that the proxy allows`,
        ]),
    ...failing
      .filter(({ code }) => !code.startsWith('PROXY_'))
      .map(({ gateway, class: cls, code, ageSeconds }) => {
        const answer = `(${cls} ${code}, ${showSeconds(ageSeconds)} ago)`
        if (OUTAGES.includes(cls))
          return `${gateway} has accepted no message since a failed call ${answer}: check the network to it and its status page (docs/operations.md#smsgatewayout)`
        const wrong = cls === 'config' ? 'account, key or balance' : 'template, signature or text'
        const orOff = isAnyLeft && called.includes(gateway) ? `, or "gateway off ${gateway}"` : ''
        return `${gateway} refuses messages ${answer}: correct its ${wrong} (docs/gateways.md)${orOff}`
      }),
  ]
}

const budgetFaults = (budget: Snapshot['budget']): string[] =>
  budget
    .filter(({ left }) => left <= 0)
    .map(
      ({ unit, most, seconds }) =>
        `the budget of ${most} ${unit} per ${showSeconds(seconds)} is used up, so the API refuses sends: find out why, then raise it (policy: budget)`,
    )

const differenceFaults = (processes: Snapshot['processes']): string[] =>
  processes.flatMap((one) => {
    const { policy, keys } = one.differs
    return [
      ...(keys.length > 0
        ? [
            `${nameOf(one)} has other keys than the others (${keys.join(', ')}): restart it with their keys, unless a rollout is under way, as in a rotation of CODE_KEYS`,
          ]
        : []),
      ...(policy.length > 0
        ? [
            `${nameOf(one)} has another policy than the others (${policy.join(', ')}): restart it with their file, unless a rollout is under way`,
          ]
        : []),
    ]
  })

function versionNotes(processes: Snapshot['processes']): string[] {
  const versions = [...new Set(processes.map(({ version }) => version))]
  return versions.length < 2
    ? []
    : [`processes of ${versions.length} versions run (${versions.join(', ')}): finish the rollout`]
}

const offNotes = (gatewaysOff: Snapshot['gatewaysOff']): string[] =>
  gatewaysOff.map(
    ({ gateway, until }) =>
      `${gateway} is switched off ${until === null ? 'without an end' : `until ${until}`}: "gateway on ${gateway}" ends this`,
  )

const nameOf = ({ app, host, pid }: Process) => `${app} ${host} ${pid}`
