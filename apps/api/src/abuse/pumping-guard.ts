import type { Counter } from 'prom-client'
import type { Audit } from '@sms-codes/core/limits/audit'
import { GROUPS, memberOf, type Group, type Grouped } from '@sms-codes/core/limits/guard-counts'
import type { Logger } from '@sms-codes/core/logger'
import type { Reply } from '@sms-codes/core/redis/script'

/** A finding is a group with too few verified codes. `challenge` then requires a proof, `deny` refuses the send. */
export const MODES = ['observe', 'challenge', 'deny'] as const
type Mode = (typeof MODES)[number]

export type GuardOptions = {
  on: boolean
  denySeconds: number
  windowSeconds: Record<Group, number>
  groups: Record<Group, { mode: Mode; minSends: number; minPercent: number }>
  /** False if the API must never require a proof. The mode `challenge` then has the effect of `observe`. */
  canChallenge: boolean
}

type Needs = {
  metrics: { guardFindings: Counter<'group' | 'mode'> }
  audit: Audit
  log: Logger
}

/**
 * Detects SMS pumping: a fraudster requests messages to numbers that earn money for every message, and never uses
 * the codes. So hardly any code of such a number segment or client address is verified. An attack that spreads over
 * many segments and addresses lowers the verified share of the whole service. The script of the admission judges the
 * groups by these rules (guard.lua). A new finding goes to the log, the metrics and the audit stream.
 */
export function createPumpingGuard({ metrics, audit, log }: Needs, options: GuardOptions) {
  const { on, groups, windowSeconds, denySeconds, canChallenge } = options

  function modeOf(group: Group): Mode {
    const { mode } = groups[group]
    // The guard never denies the whole service, because one attack would then lock out all users.
    const permitted = group === 'service' && mode === 'deny' ? 'challenge' : mode
    return permitted === 'challenge' && !canChallenge ? 'observe' : permitted
  }

  return {
    isOn: on,

    /** The rules of the groups, in the order of GROUPS. */
    rules: (on ? GROUPS : []).map((group) => ({
      seconds: windowSeconds[group],
      sends: groups[group].minSends,
      percent: groups[group].minPercent,
      mode: modeOf(group),
      mark_ms: denySeconds * 1000,
    })),

    /** Reports the new findings of an answer. The caller does not wait for the audit stream. */
    report(rows: readonly Reply[], send: Grouped): void {
      for (const row of rows) {
        const group = GROUPS[row.number('group') - 1]
        if (group === undefined) continue
        const mode = modeOf(group)
        const counts = { sends: row.text('sends'), verified: row.text('verified') }
        const finding = { what: 'guard', mode, group, who: memberOf(group, send), ...counts }
        metrics.guardFindings.inc({ group, mode })
        log.warn(finding, 'few codes of a group are verified')
        audit(finding).catch((err: unknown) => log.warn({ err, group }, 'finding not recorded'))
      }
    },
  }
}
export type PumpingGuard = ReturnType<typeof createPumpingGuard>
