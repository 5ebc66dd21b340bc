import type { Audit } from '@sms-codes/core/limits/audit'
import { keys } from '@sms-codes/core/redis/keys'
import type { Limit, Limits } from '@sms-codes/core/limits/limits'
import type { Logger } from '@sms-codes/core/logger'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { createScript } from '@sms-codes/core/redis/script'
import type { ApiMetrics } from '../metrics.ts'

export const GROUPS = ['segment', 'address', 'service'] as const
type Group = (typeof GROUPS)[number]

/** All report. `observe` lets through, `challenge` asks for a proof and `deny` refuses while the mark lasts. */
export const MODES = ['observe', 'challenge', 'deny'] as const
type Mode = (typeof MODES)[number]

export type GuardOptions = {
  on: boolean
  denySeconds: number
  groups: Record<Group, { mode: Mode; windowSeconds: number; minSends: number; minPercent: number }>
  /** Whether callers can be asked for a proof at all. */
  canChallenge: boolean
}

/** `deny`: the seconds to refuse for, 0 to let through. */
export type Verdict = { deny: number; challenge: boolean }

export type Sender = { address: string; mobile: string }

const DAY_MS = 86_400_000

/**
 * The guard against SMS pumping (OWASP OAT-003): messages asked for to earn on them, not to use them, so
 * hardly any code of such a number segment or client address is ever verified. Who spreads it over so many
 * of both that none stands out is seen in the verified share of the whole service. Every finding is written
 * to a capped stream with its reason.
 */
export function createGuard(
  redis: RedisClient,
  limits: Limits,
  options: GuardOptions,
  metrics: ApiMetrics,
  audit: Audit,
  log: Logger,
) {
  const judge = createScript(redis, new URL('./pumping-guard.lua', import.meta.url))
  const { on, groups, denySeconds, canChallenge } = options
  const who = ({ address, mobile }: Sender): Record<Group, string> => ({
    segment: mobile.slice(0, 7),
    address,
    service: 'all',
  })
  const keyOf = (what: 'sent' | 'verified' | 'mark' | 'times', group: Group, sender: Sender) =>
    keys.guard(what, group, who(sender)[group])
  /** A window that is never full: it only counts. */
  const counted = (what: 'sent' | 'verified', sender: Sender): Limit[] =>
    GROUPS.map((group) => ({
      key: keyOf(what, group, sender),
      windows: [{ most: 1_000_000_000, seconds: groups[group].windowSeconds }],
    }))

  function modeOf(group: Group): Mode {
    const { mode } = groups[group]
    // The worst that can become of the whole service is that everybody does a proof.
    const most = group === 'service' && mode === 'deny' ? 'challenge' : mode
    return most === 'challenge' && !canChallenge ? 'observe' : most
  }

  const args = GROUPS.flatMap((group) => {
    const { windowSeconds, minSends, minPercent } = groups[group]
    // Who is only asked for a proof loses nothing by a long mark; who is denied could be locked out with it.
    return [windowSeconds * 1000, minSends, minPercent, modeOf(group) === 'deny' ? 0 : DAY_MS]
  })

  async function report(group: Group, sender: Sender, sends: number, verified: number): Promise<void> {
    const mode = modeOf(group)
    const finding = {
      what: 'guard',
      mode,
      group,
      who: who(sender)[group],
      sends: String(sends),
      verified: String(verified),
    }
    metrics.guardFound(group, mode)
    log.warn({ ...finding }, 'few codes of a group are verified')
    await audit(finding)
  }

  return {
    /** Counts a send for the guard, taken by the gate together with its own limits. */
    counts: (sender: Sender): Limit[] => (on ? counted('sent', sender) : []),

    /** @throws StoreError */
    async judge(sender: Sender): Promise<Verdict> {
      const verdict = { deny: 0, challenge: false }
      if (!on) return verdict
      const names = GROUPS.flatMap((group) =>
        (['sent', 'verified', 'mark', 'times'] as const).map((what) => keyOf(what, group, sender)),
      )
      const { rows } = await judge(names, [denySeconds * 1000, ...args])
      for (const row of rows) {
        const group = GROUPS[row.number('group') - 1]
        if (group === undefined) continue
        if (row.number('is_new') === 1)
          await report(group, sender, row.number('sends'), row.number('verified'))
        const lasts = Math.ceil(row.number('lasts') / 1000)
        if (modeOf(group) === 'deny') verdict.deny = Math.max(verdict.deny, lasts)
        if (modeOf(group) === 'challenge') verdict.challenge = true
      }
      return verdict
    },

    /** Counts a verified code of this sender, if its send was counted. */
    async verified(sender: Sender, isCounted: boolean): Promise<void> {
      if (on && isCounted) await limits.take(counted('verified', sender))
    },
  }
}
export type Guard = ReturnType<typeof createGuard>
