import type { Audit } from '@sms-codes/core/limits/audit'
import type { Keyring } from '@sms-codes/core/keyring'
import { createNetworks, phoneNames, type Asker, type ListEntry } from '@sms-codes/core/limits/networks'
import type { Listed, ListName, Lists } from '@sms-codes/core/limits/allow-deny-lists'
import type { Logger } from '@sms-codes/core/logger'
import type { Asking } from './rate-limits.ts'
import type { ApiMetrics } from '../metrics.ts'

export type ScreenOptions = Record<ListName, readonly ListEntry[]>

/**
 * `deny` is in seconds, as long as a phone would have to wait whose hour is full; 0 lets through. `report` is
 * for when it decided something.
 */
export type Screened = { allowed: boolean; deny: number; report: () => void }

type Needs = { lists: Lists; keyring: Keyring; metrics: ApiMetrics; audit: Audit; log: Logger }

const HOUR = 3_600

/**
 * Who is on a list, of the environment or of an operator. Denied goes before allowed. What it decides is
 * written down with the entry that did it.
 */
export function createScreen({ lists, keyring, metrics, audit, log }: Needs, own: ScreenOptions) {
  const find = { allow: finder(own.allow), deny: finder(own.deny) }

  function report(list: ListName, entry: string, { address }: Asking, ph: string): void {
    const by = kindOf(entry)
    metrics.listed(list, by)
    // Not waited for: the decision does not depend on it.
    audit({ what: 'list', list, by, entry, phone: ph, address }).catch((err: unknown) =>
      log.warn({ err, list, by }, 'decision not written down'),
    )
  }

  /** @throws StoreError */
  return async function screen(asking: Asking): Promise<Screened> {
    const ph = keyring.pseudonym(asking.mobile)
    const asker = { ip: asking.ip, mobile: asking.mobile, ph }
    const listed: Listed = await lists.look(asker)
    const deny = find.deny(asker) ?? listed.deny
    if (deny !== null)
      return { allowed: false, deny: waitOf(ph), report: () => report('deny', deny, asking, ph) }
    const allow = find.allow(asker) ?? listed.allow
    if (allow !== null) return { allowed: true, deny: 0, report: () => report('allow', allow, asking, ph) }
    return { allowed: false, deny: 0, report: () => {} }
  }
}
export type Screen = ReturnType<typeof createScreen>

function finder(entries: readonly ListEntry[]) {
  const names = new Set(entries.map(({ text }) => text))
  const networks = createNetworks([...names].filter((text) => kindOf(text) === 'network'))
  return (asker: Asker): string | null =>
    names.size === 0 ? null : (phoneNames(asker).find((name) => names.has(name)) ?? networks(asker.ip))
}

const kindOf = (entry: string): ListEntry['kind'] =>
  entry.includes('/') ? 'network' : /^[0-9]{1,7}$/.test(entry) ? 'segment' : 'phone'

/** Counts down like that of a full hour, which for each phone began at another time. */
function waitOf(ph: string): number {
  const began = Buffer.from(ph, 'base64url').readUInt16BE(0)
  return HOUR - ((Math.floor(Date.now() / 1000) + began) % HOUR)
}
