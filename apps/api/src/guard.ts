import type { Redis } from 'ioredis'
import { keys } from '@sms-codes/core/keys'
import type { Limit, Limits } from '@sms-codes/core/limits'
import type { Logger } from '@sms-codes/core/logger'
import { createScript } from '@sms-codes/core/script'
import { JUDGE } from '@sms-codes/core/scripts/judge'
import type { Audit } from './audit.ts'
import type { ApiMetrics } from './metrics.ts'

export type GuardOptions = {
  /** All report. `observe` lets through, `challenge` asks for a proof and `deny` refuses while the mark lasts. */
  mode: 'off' | 'observe' | 'challenge' | 'deny'
  windowSeconds: number
  minSends: number
  minPercent: number
  denySeconds: number
  /** Of the whole service, which is never denied: the worst is that everybody does a proof. */
  serviceMinSends: number
  serviceMinPercent: number
  /** Whether callers can be asked for a proof at all. */
  canChallenge: boolean
}

/** `deny`: the seconds to refuse for, 0 to let through. */
export type Verdict = { deny: number; challenge: boolean }

export type Sender = { address: string; mobile: string }

const GROUPS = ['segment', 'address', 'service'] as const
type Group = (typeof GROUPS)[number]

const DAY_MS = 86_400_000

const INNOCENT: Verdict = { deny: 0, challenge: false }

/** Ends the name of who asked for a send that was not counted, so that its verify is not counted either. */
const UNCOUNTED = '+'

/**
 * The guard against SMS pumping (OWASP OAT-003): messages asked for to earn on them, not to use them, so
 * hardly any code of such a number segment or client address is ever verified. Who spreads it over so many
 * of both that none stands out is seen in the verified share of the whole service. Every finding is written
 * to a capped stream with its reason.
 */
export function createGuard(
  redis: Redis,
  limits: Limits,
  options: GuardOptions,
  metrics: ApiMetrics,
  audit: Audit,
  log: Logger,
) {
  const judge = createScript(redis, 'judge', JUDGE)
  const { mode, windowSeconds, minSends, minPercent, denySeconds, serviceMinSends, serviceMinPercent } =
    options
  const who = ({ address, mobile }: Sender): Record<Group, string> => ({
    segment: mobile.slice(0, 7),
    address,
    service: 'all',
  })
  const keyOf = (what: 'sent' | 'verified' | 'mark' | 'times', group: Group, sender: Sender) =>
    keys.guard(what, group, who(sender)[group])
  /** A window that is never full: it only counts. */
  const counting = [{ most: 1_000_000_000, seconds: windowSeconds }]
  // Who is only asked for a proof loses nothing by a long mark; who is denied could be locked out with it.
  const longest = mode === 'deny' ? 0 : DAY_MS
  const own = [minSends, minPercent, longest]
  const args = [
    windowSeconds * 1000,
    denySeconds * 1000,
    ...own,
    ...own,
    serviceMinSends,
    serviceMinPercent,
    DAY_MS,
  ]

  function verdictOn(group: Group, ms: number): Verdict {
    if (mode === 'deny' && group !== 'service') return { deny: Math.ceil(ms / 1000), challenge: false }
    return { deny: 0, challenge: mode !== 'observe' && options.canChallenge }
  }

  async function report(group: Group, sender: Sender, sends: number, verified: number): Promise<void> {
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
    counts: (sender: Sender): Limit[] =>
      mode === 'off' ? [] : GROUPS.map((group) => ({ key: keyOf('sent', group, sender), windows: counting })),

    /** @throws StoreError */
    async judge(sender: Sender): Promise<Verdict> {
      if (mode === 'off') return INNOCENT
      const names = GROUPS.flatMap((group) =>
        (['sent', 'verified', 'mark', 'times'] as const).map((what) => keyOf(what, group, sender)),
      )
      const [found, ms, fresh, sends, verified] = await judge(names, args)
      const group = GROUPS[Number(found) - 1]
      if (group === undefined) return INNOCENT
      if (fresh === 1) await report(group, sender, Number(sends), Number(verified))
      return verdictOn(group, Number(ms))
    },

    /** What to remember of who asked, so that `verified` knows whether the send was counted. */
    nameOf: ({ address }: Sender, counted: boolean) => (counted ? address : address + UNCOUNTED),

    /** A code of this sender was verified: it was asked for to be used. */
    async verified(sender: Sender): Promise<void> {
      if (mode === 'off' || sender.address.endsWith(UNCOUNTED)) return
      await limits.take(GROUPS.map((group) => ({ key: keyOf('verified', group, sender), windows: counting })))
    },
  }
}
export type Guard = ReturnType<typeof createGuard>
