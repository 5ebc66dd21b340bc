import type { Counter } from 'prom-client'
import type { Audit } from '@sms-codes/core/limits/audit'
import { GROUPS, memberOf, type Group, type Grouped } from '@sms-codes/core/limits/guard-counts'
import type { Logger } from '@sms-codes/core/logger'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { keys } from '@sms-codes/core/redis/keys'
import { createScript, type Reply } from '@sms-codes/core/redis/script'

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
  redis: RedisClient
  metrics: { guardFindings: Counter<'group' | 'mode'> }
  audit: Audit
  log: Logger
}

const DAY_MS = 86_400_000

/**
 * Detects SMS pumping: a fraudster requests messages to numbers that earn money for every message, and never uses
 * the codes. So hardly any code of such a number segment or client address is verified. An attack that spreads over
 * many segments and addresses lowers the verified share of the whole service. The guard writes each new finding
 * with its two counts to the audit stream. A finding sets a mark on its group (see pumping-guard.lua).
 */
export function createPumpingGuard({ redis, metrics, audit, log }: Needs, options: GuardOptions) {
  const judgeScript = createScript(redis, new URL('./pumping-guard.lua', import.meta.url))
  const { on, groups, windowSeconds, denySeconds, canChallenge } = options

  function modeOf(group: Group): Mode {
    const { mode } = groups[group]
    // The guard never denies the whole service, because one attack would then lock out all users.
    const permitted = group === 'service' && mode === 'deny' ? 'challenge' : mode
    return permitted === 'challenge' && !canChallenge ? 'observe' : permitted
  }

  const groupArgs = GROUPS.flatMap((group) => {
    const { minSends, minPercent } = groups[group]
    // A user can pass a challenge that lasts long, but not a denial. So 0 keeps the marks of `deny` from doubling.
    return [windowSeconds[group] * 1000, minSends, minPercent, modeOf(group) === 'deny' ? 0 : DAY_MS]
  })

  async function report(group: Group, send: Grouped, row: Reply): Promise<void> {
    const mode = modeOf(group)
    const counts = { sends: row.text('sends'), verified: row.text('verified') }
    const finding = { what: 'guard', mode, group, who: memberOf(group, send), ...counts }
    metrics.guardFindings.inc({ group, mode })
    log.warn(finding, 'few codes of a group are verified')
    await audit(finding)
  }

  return {
    isOn: on,

    /** Judges the groups of a send. `denySeconds` is 0 if the send is not denied. @throws StoreError */
    async judge(send: Grouped) {
      const verdict = { denySeconds: 0, requiresProof: false }
      if (!on) return verdict
      const names = GROUPS.flatMap((group) =>
        (['sent', 'verified', 'mark', 'times'] as const).map((what) =>
          keys.guard(what, group, memberOf(group, send)),
        ),
      )
      const { rows } = await judgeScript(names, [denySeconds * 1000, ...groupArgs])
      for (const row of rows) {
        const group = GROUPS[row.number('group') - 1]
        if (group === undefined) continue
        if (row.number('is_new') === 1) await report(group, send, row)
        const mode = modeOf(group)
        const markSeconds = Math.ceil(row.number('lasts') / 1000)
        if (mode === 'deny') verdict.denySeconds = Math.max(verdict.denySeconds, markSeconds)
        if (mode === 'challenge') verdict.requiresProof = true
      }
      return verdict
    },
  }
}
