import { numberSegment } from '../mobile.ts'
import type { RedisClient } from '../redis/connect.ts'
import { keys } from '../redis/keys.ts'
import { createScript } from '../redis/script.ts'

/** The guard against SMS pumping counts every send in three groups. */
export const GROUPS = ['segment', 'address', 'service'] as const
export type Group = (typeof GROUPS)[number]

/** The fields that decide which segment and which address a send belongs to. `address` is a pseudonym. */
export type Grouped = { address: string; mobile: string }

/** A code by the request id of its record, and the number of its newest send. */
type Counted = { rid: string; n: number }

/** The name of a send's group in keys and findings. */
export const memberOf = (group: Group, { address, mobile }: Grouped): string =>
  ({ segment: numberSegment(mobile), address, service: 'all' })[group]

/**
 * The counts of the pumping guard. A worker counts a send when a gateway has accepted it, so an outage of the gateways
 * does not look like SMS pumping. The API counts the verified codes. Every method throws StoreError when Redis does
 * not answer.
 */
export function createGuardCounts(redis: RedisClient, windowSeconds: Record<Group, number>) {
  const script = createScript(redis, new URL('./lua/count-guarded.lua', import.meta.url))

  async function count(event: string, { rid, n }: Counted, send: Grouped): Promise<void> {
    const names = GROUPS.flatMap((group) =>
      (['sent', 'verified'] as const).map((what) => keys.guard(what, group, memberOf(group, send))),
    )
    // The part of the request id before the dot is the phone, which must not be stored beside a client address.
    const code = rid.slice(rid.indexOf('.') + 1)
    await script(names, [code, n, event, ...GROUPS.map((group) => windowSeconds[group] * 1000)])
  }

  return {
    /** Counts the send with the number `n`. */
    countSent: (send: Counted, grouped: Grouped): Promise<void> => count('sent', send, grouped),

    /**
     * Counts a verified code.
     * @param mayBeMailed whether the user may have read the code in an e-mail
     */
    countVerified: (code: Counted, grouped: Grouped, mayBeMailed: boolean): Promise<void> =>
      count(mayBeMailed ? 'verified_maybe_by_mail' : 'verified', code, grouped),
  }
}
export type GuardCounts = ReturnType<typeof createGuardCounts>
