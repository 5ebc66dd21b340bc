import type { Counter } from 'prom-client'
import type { Policy } from '@sms-codes/core/config/policy-schema'
import type { Audit } from '@sms-codes/core/limits/audit'
import { GROUPS, memberOf, type Group, type Grouped } from '@sms-codes/core/limits/guard-counts'
import type { Logger } from '@sms-codes/core/logger'
import type { Reply } from '@sms-codes/core/redis/script'

/** A finding is a group with too few verified codes. `challenge` then requires a proof, `deny` refuses the send. */
type Mode = 'observe' | 'challenge' | 'deny'

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
export function createPumpingGuard(
  { metrics, audit, log }: Needs,
  { guard, step_up }: Pick<Policy, 'guard' | 'step_up'>,
) {
  const isOn = guard.mode !== 'off'

  function modeOf(group: Group): Mode {
    const own = group === 'address' ? guard.address.mode : 'same'
    const mode = own === 'same' ? guard.mode : own
    // The guard never denies the whole service, because one attack would then lock out all users.
    const permitted = group === 'service' && mode === 'deny' ? 'challenge' : mode
    const isObserved = permitted === 'off' || (permitted === 'challenge' && !step_up.enabled)
    return isObserved ? 'observe' : permitted
  }

  // An alert reads these series, and Prometheus sees no increase in a series that begins at 1.
  if (isOn) for (const group of GROUPS) metrics.guardFindings.inc({ group, mode: modeOf(group) }, 0)
  return {
    isOn,

    /** The rules of the groups, in the order of GROUPS. */
    rules: (isOn ? GROUPS : []).map((group) => ({
      seconds: guard[group].window,
      sends: guard[group].min_sends,
      percent: guard[group].min_percent,
      mode: modeOf(group),
      mark_ms: guard.react_for * 1000,
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
