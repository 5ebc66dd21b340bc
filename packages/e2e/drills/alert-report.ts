import { table } from '@sms-codes/bench/table'
import { nameOf, type Judged } from './watch-alerts.ts'

type Watched = { name: string; alerts: Judged | null }

const HEAD = ['drill', 'alert', 'severity', 'pending s', 'firing s', 'until s', 'verdict']

/** The alerts of the drills that Prometheus watched as a table, and the missing and false ones. Empty without any. */
export function alertReport(results: readonly Watched[]): string[] {
  const watched = results.flatMap(({ name, alerts }) => (alerts === null ? [] : [{ name, ...alerts }]))
  if (watched.length === 0) return []
  return [
    '',
    ...table([HEAD, ...watched.flatMap(rowsOf)]),
    '',
    'Seconds from the fault. until: when the alert fired last; "end": it still fired at the end of the drill.',
    ...watched.flatMap(({ name, raised, missing }) => [
      ...missing.map((alert) => `${name}: ${alert} is missing`),
      ...raised.flatMap((one) =>
        one.fault === null ? [] : [`${name}: ${nameOf(one)} is false, because it ${one.fault}`],
      ),
    ]),
  ]
}

const rowsOf = ({ name, raised, missing }: Judged & { name: string }): string[][] => [
  ...raised.map((one) => [
    name,
    nameOf(one),
    one.severity,
    one.pendingAt === null ? '-' : String(one.pendingAt),
    String(one.firingAt),
    one.isFiring ? 'end' : String(one.firedUntil),
    one.fault === null ? 'expected' : 'FALSE',
  ]),
  ...missing.map((alert) => [name, alert, '', '', '', '', 'MISSING']),
]
