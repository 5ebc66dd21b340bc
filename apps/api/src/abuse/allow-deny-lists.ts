import { createListedNetworks, type ListName } from '@sms-codes/core/limits/allow-deny-lists'
import type { Audit } from '@sms-codes/core/limits/audit'
import { createNetworks, parseListEntry, phoneNames } from '@sms-codes/core/limits/networks'
import type { Asker, ListEntry } from '@sms-codes/core/limits/networks'
import type { Logger } from '@sms-codes/core/logger'
import type { Reply } from '@sms-codes/core/redis/script'
import type { ApiMetrics } from '../metrics.ts'

/** The entries of the policy and the networks of the operators' lists that match a send. */
type Found = {
  own: Record<ListName, string | null>
  network: Record<ListName, string | null>
  isAllowed: boolean
  isDenied: boolean
}

type Needs = { metrics: Pick<ApiMetrics, 'listDecisions'>; audit: Audit; log: Logger }

const HOUR_SECONDS = 3_600

/**
 * The process's side of the allow and deny lists: the entries of the policy, and the networks of the operators'
 * lists. The script of the admission looks up the operators' other entries (lists.lua), and its answer names them. A
 * deny entry takes precedence.
 */
export function createListCheck(
  { metrics, audit, log }: Needs,
  configured: Record<ListName, readonly ListEntry[]>,
) {
  const [findAllowed, findDenied] = [createFinder(configured.allow), createFinder(configured.deny)]
  const networks = createListedNetworks()

  return {
    networks,

    /** Finds the entries that the process knows for a send. */
    find(asker: Asker): Found {
      const own = { allow: findAllowed(asker), deny: findDenied(asker) }
      const network = networks.of(asker.ip)
      const isOn = (list: ListName) => own[list] !== null || network[list] !== null
      return { own, network, isAllowed: isOn('allow'), isDenied: isOn('deny') }
    },

    /**
     * Counts a used decision in the metrics, and writes a denial to the audit stream. An allowed network may have any
     * number of sends, so its decisions would push all other entries out of the capped stream.
     */
    report({ own, network }: Found, { text }: Pick<Reply, 'text'>, asker: Asker, address: string): void {
      const entryOn = (name: ListName) => own[name] ?? (text(name) || network[name])
      const denied = entryOn('deny')
      const entry = denied ?? entryOn('allow')
      if (entry === null) return
      const list = denied === null ? 'allow' : 'deny'
      const by = parseListEntry(entry)?.kind ?? 'phone'
      metrics.listDecisions.inc({ list, by })
      if (list === 'allow') return
      // The write to the audit stream is not awaited, because the decision does not depend on it.
      audit({ what: 'list', list, by, entry, phone: asker.ph, address }).catch((err: unknown) =>
        log.warn({ err, list, by }, 'list decision not recorded'),
      )
    },
  }
}
export type ListCheck = ReturnType<typeof createListCheck>

/** Returns a function that finds the configured entry for the address or phone of a send, or returns null. */
function createFinder(entries: readonly ListEntry[]) {
  const names = new Set(entries.map(({ text }) => text))
  const networkOf = createNetworks(entries.flatMap(({ kind, text }) => (kind === 'network' ? [text] : [])))
  return (asker: Asker): string | null =>
    phoneNames(asker).find((name) => names.has(name)) ?? networkOf(asker.ip)
}

/**
 * Returns the wait that the refusal of a denied send names. A denied caller gets the same answer as a caller whose phone
 * has used up its hourly limit, so that the answer does not show that a deny list exists. The wait is the time to the
 * end of an hour of the phone. Two bytes of the pseudonym set when this hour starts.
 */
export function hourlyWait(ph: string): number {
  const offset = Buffer.from(ph, 'base64url').readUInt16BE(0)
  return HOUR_SECONDS - ((Math.floor(Date.now() / 1000) + offset) % HOUR_SECONDS)
}
