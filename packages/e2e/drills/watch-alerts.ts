// Watches a drill with a real Prometheus, which has the rules of docs/monitoring/alerts.yml as they are, and judges the
// alerts that it raised.
import { ensurePrometheus } from '@sms-codes/test-servers/prometheus'
import { startPrometheus, type Range } from '../test/monitoring.ts'
import type { System } from '../test/system.ts'
import type { Outage } from './accounting.ts'

const SCRAPE_SECONDS = 5

/** An alert that fired. Times are seconds from the moment in which the drill broke something. */
export type Raised = {
  alert: string
  severity: string
  /** The labels that tell alerts of one rule apart, such as the gateway. */
  labels: string
  pendingAt: number | null
  firingAt: number
  /** When it fired last. */
  firedUntil: number
  /** It still fired at the end of the drill. */
  isFiring: boolean
}

const targetsOf = ({ apis, workers }: System) => ({
  'sms-api': apis.map(({ opsUrl }) => opsUrl),
  'sms-worker': workers.map(({ opsUrl }) => opsUrl),
})

export type AlertWatch = Awaited<ReturnType<typeof watchAlerts>>

/** Starts Prometheus for the processes of a drill. */
export async function watchAlerts(system: System, say: (line: string) => void) {
  const { prometheus: program } = await ensurePrometheus(say)
  const prometheus = await startPrometheus(program, targetsOf(system), SCRAPE_SECONDS)
  const startedAt = Date.now()
  return {
    /** The drill may have replaced processes, and their ports with them. */
    refresh: () => prometheus.setTargets(targetsOf(system)),
    async raised(outage: Outage): Promise<Raised[]> {
      const endedAt = Date.now()
      return raisedIn(await prometheus.ranges('ALERTS', startedAt, endedAt), outage.from, endedAt)
    },
    stop: () => prometheus.stop(),
  }
}

const COMMON = ['__name__', 'alertname', 'alertstate', 'severity']
/** Prometheus keeps an alert for one evaluation after its last, and the query has steps of a second. */
const STILL_MS = 2 * SCRAPE_SECONDS * 1_000

/** @param ranges of the series ALERTS. An alert that was only pending is not raised. */
export function raisedIn(ranges: readonly Range[], brokenAt: number, endedAt: number): Raised[] {
  const secondsOf = (ms: number) => Math.round((ms - brokenAt) / 1_000)
  const stateOf = ({ labels }: Range) => labels['alertstate']
  const ownOf = ({ labels }: Range) =>
    Object.entries(labels)
      .filter(([name]) => !COMMON.includes(name))
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')
  const isSame = (a: Range, b: Range) =>
    a.labels['alertname'] === b.labels['alertname'] && ownOf(a) === ownOf(b)
  const firing = ranges.filter((range) => stateOf(range) === 'firing')
  return firing
    .map((range) => {
      const firingAt = Math.min(...range.at)
      const firedUntil = Math.max(...range.at)
      const pending = ranges
        .filter((other) => stateOf(other) === 'pending' && isSame(other, range))
        .flatMap(({ at }) => at.filter((ms) => ms < firingAt))
      return {
        alert: range.labels['alertname'] ?? '',
        severity: range.labels['severity'] ?? '',
        labels: ownOf(range),
        pendingAt: pending.length === 0 ? null : secondsOf(Math.min(...pending)),
        firingAt: secondsOf(firingAt),
        firedUntil: secondsOf(firedUntil),
        isFiring: firedUntil > endedAt - STILL_MS,
      }
    })
    .toSorted((a, b) => a.firingAt - b.firingAt)
}

export type ExpectedAlerts = {
  /** The alerts that must fire, and no others. With labels, if an alert of one rule must fire for each of several. */
  fire: readonly string[]
  /** The drill mends what it broke, so no alert may fire at the end. */
  isMended: boolean
}

export const nameOf = ({ alert, labels }: Raised): string => `${alert} ${labels}`.trim()

/** Returns the expected alerts that are missing, and tells of each raised alert why it is false; null if it is not. */
export function judgeAlerts(raised: readonly Raised[], { fire, isMended }: ExpectedAlerts) {
  const isNamed = (one: Raised, name: string) => name === one.alert || name === nameOf(one)
  const faultOf = (one: Raised): string | null => {
    if (!fire.some((name) => isNamed(one, name))) return 'fired'
    if (one.firingAt < 0) return 'fired before anything was broken'
    return isMended && one.isFiring ? 'still fires at the end' : null
  }
  return {
    raised: raised.map((one) => ({ ...one, fault: faultOf(one) })),
    missing: fire.filter((name) => !raised.some((one) => isNamed(one, name))),
  }
}
export type Judged = ReturnType<typeof judgeAlerts>

export const isFaulty = ({ raised, missing }: Judged): boolean =>
  missing.length > 0 || raised.some(({ fault }) => fault !== null)
