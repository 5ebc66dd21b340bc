import { table } from '@sms-codes/bench/table'
import type { Result } from './run-drill.ts'

const HEAD = [
  'drill',
  'asked',
  'accepted',
  '429',
  '503',
  'no answer',
  'sms',
  'mail',
  'failed',
  'silent',
  'twice',
  'late',
  'false 4008',
  'gap s',
  'verified',
  'p50 s',
  'p95 s',
  'promise',
]

const seconds = (ms: number): string => (ms / 1_000).toFixed(1)

/** The results as a table, with its explanation and the broken promises. */
export function report(results: readonly Result[], { seed, rate }: { seed: number; rate: number }): string {
  return [
    ...table([HEAD, ...results.map(rowOf)]),
    '',
    'sms, mail: accepted sends whose first message came that way. failed: lost, and the status says failed or expired.',
    'silent: lost without that. twice: sends with a second message. late: arrived 5 s after the time to send.',
    'false 4008: right codes that were refused, + those that a repeated verify found used. gap: the longest time',
    'without a message. verified: share of all users who asked. p50, p95: from accepted to the message.',
    `seed ${seed}, ${rate} users per second`,
    ...results.flatMap(({ name, breaches }) => breaches.map((breach) => `BROKEN ${name}: ${breach}`)),
  ].join('\n')
}

function rowOf(result: Result): string[] {
  const { asked, accepted, limited, unavailable, unanswered, bySms, byMail, failed, silent, twice, late } =
    result
  const counts = [
    asked,
    accepted,
    limited,
    unavailable,
    unanswered,
    bySms,
    byMail,
    failed,
    silent,
    twice,
    late,
  ]
  return [
    result.name,
    ...counts.map(String),
    result.unclear === 0 ? String(result.falseNo) : `${result.falseNo}+${result.unclear}`,
    seconds(result.longestGapMs),
    `${(result.verifiedShare * 100).toFixed(1)} %`,
    seconds(result.p50Ms),
    seconds(result.p95Ms),
    result.breaches.length === 0 ? 'kept' : 'BROKEN',
  ]
}
