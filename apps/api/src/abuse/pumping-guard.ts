import type { Counter } from 'prom-client'
import type { Audit } from '@sms-codes/core/limits/audit'
import type { Limit, Limits } from '@sms-codes/core/limits/limits'
import type { Logger } from '@sms-codes/core/logger'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { keys } from '@sms-codes/core/redis/keys'
import { createScript, type Reply } from '@sms-codes/core/redis/script'
import { numberSegment, type SendAttempt } from './caller.ts'

export const GROUPS = ['segment', 'address', 'service'] as const
type Group = (typeof GROUPS)[number]

/** A finding is a group with too few verified codes. `challenge` then requires a proof, `deny` refuses the send. */
export const MODES = ['observe', 'challenge', 'deny'] as const
type Mode = (typeof MODES)[number]

export type GuardOptions = {
  on: boolean
  denySeconds: number
  groups: Record<Group, { mode: Mode; windowSeconds: number; minSends: number; minPercent: number }>
  /** False if the API must never require a proof. The mode `challenge` then has the effect of `observe`. */
  canChallenge: boolean
}

/** The fields of a send that decide which segment and which address it belongs to. */
type Grouped = Pick<SendAttempt, 'address' | 'mobile'>

type Needs = {
  redis: RedisClient
  limits: Limits
  metrics: { guardFindings: Counter<'group' | 'mode'> }
  audit: Audit
  log: Logger
}

const DAY_MS = 86_400_000
/** The limit of the counters of the guard, which no counter reaches. */
const UNLIMITED = 1_000_000_000

/**
 * Detects SMS pumping: a fraudster requests messages to numbers that earn money for every message, and never uses
 * the codes. So hardly any code of such a number segment or client address is verified. An attack that spreads over
 * many segments and addresses lowers the verified share of the whole service. The guard writes each new finding
 * with its two counts to the audit stream. A finding sets a mark on its group (see pumping-guard.lua).
 */
export function createPumpingGuard({ redis, limits, metrics, audit, log }: Needs, options: GuardOptions) {
  const judgeScript = createScript(redis, new URL('./pumping-guard.lua', import.meta.url))
  const { on, groups, denySeconds, canChallenge } = options
  const memberOf = (group: Group, { address, mobile }: Grouped) =>
    ({ segment: numberSegment(mobile), address, service: 'all' })[group]
  const keyOf = (what: 'sent' | 'verified' | 'mark' | 'times', group: Group, send: Grouped) =>
    keys.guard(what, group, memberOf(group, send))
  const counters = (what: 'sent' | 'verified', send: Grouped): Limit[] =>
    GROUPS.map((group) => ({
      key: keyOf(what, group, send),
      windows: [{ most: UNLIMITED, seconds: groups[group].windowSeconds }],
    }))

  function modeOf(group: Group): Mode {
    const { mode } = groups[group]
    // The guard never denies the whole service, because one attack would then lock out all users.
    const permitted = group === 'service' && mode === 'deny' ? 'challenge' : mode
    return permitted === 'challenge' && !canChallenge ? 'observe' : permitted
  }

  const groupArgs = GROUPS.flatMap((group) => {
    const { windowSeconds, minSends, minPercent } = groups[group]
    // A user can pass a challenge that lasts long, but not a denial. So 0 keeps the marks of `deny` from doubling.
    return [windowSeconds * 1000, minSends, minPercent, modeOf(group) === 'deny' ? 0 : DAY_MS]
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
    /** The counters that an accepted send adds to. */
    sendCounters: (send: Grouped): Limit[] => (on ? counters('sent', send) : []),

    /** Judges the groups of a send. `denySeconds` is 0 if the send is not denied. @throws StoreError */
    async judge(send: Grouped) {
      const verdict = { denySeconds: 0, requiresProof: false }
      if (!on) return verdict
      const names = GROUPS.flatMap((group) =>
        (['sent', 'verified', 'mark', 'times'] as const).map((what) => keyOf(what, group, send)),
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

    /** Counts a verified code for the groups of its send. @throws StoreError */
    async countVerified(send: Grouped): Promise<void> {
      if (on) await limits.take(counters('verified', send))
    },
  }
}
