import type { Keyring } from '@sms-codes/core/keyring'
import type { ListName, Lists } from '@sms-codes/core/limits/allow-deny-lists'
import type { Audit } from '@sms-codes/core/limits/audit'
import { createNetworks, parseListEntry, phoneNames } from '@sms-codes/core/limits/networks'
import type { Asker, ListEntry } from '@sms-codes/core/limits/networks'
import type { Logger } from '@sms-codes/core/logger'
import type { ApiMetrics } from '../metrics.ts'
import type { SendAttempt } from './caller.ts'

type ListDecision = {
  /** If true, the limits of address, subnet and segment and the pumping guard do not apply to the send. */
  isAllowed: boolean
  /** The wait in seconds that the refusal names, or 0 if no deny entry matches. */
  denySeconds: number
  /** Counts the decision in the metrics and writes it to the audit stream. The route calls it for a used decision. */
  report: () => void
}

type Needs = { lists: Lists; keyring: Keyring; metrics: ApiMetrics; audit: Audit; log: Logger }

const HOUR_SECONDS = 3_600

/**
 * Looks a send up in the allow and deny lists of the environment and of the operators. A deny entry takes precedence.
 *
 * A denied caller gets the same answer as a caller whose phone has used up its hourly limit. So the answer does not
 * show that a deny list exists. The answer must name a plausible wait, which `hourlyWait` computes.
 */
export function createListCheck(
  { lists, keyring, metrics, audit, log }: Needs,
  configured: Record<ListName, readonly ListEntry[]>,
) {
  const [findAllowed, findDenied] = [createFinder(configured.allow), createFinder(configured.deny)]

  /** @throws StoreError */
  return async ({ ip, mobile, address }: SendAttempt): Promise<ListDecision> => {
    const phone = keyring.pseudonym(mobile)
    const asker = { ip, mobile, ph: phone }
    const listed = await lists.look(asker)
    const denied = findDenied(asker) ?? listed.deny
    const entry = denied ?? findAllowed(asker) ?? listed.allow
    return {
      isAllowed: denied === null && entry !== null,
      denySeconds: denied === null ? 0 : hourlyWait(phone),
      report(): void {
        if (entry === null) return
        const list = denied === null ? 'allow' : 'deny'
        const by = parseListEntry(entry)?.kind ?? 'phone'
        metrics.listDecisions.inc({ list, by })
        // The write to the audit stream is not awaited, because the decision does not depend on it.
        audit({ what: 'list', list, by, entry, phone, address }).catch((err: unknown) =>
          log.warn({ err, list, by }, 'list decision not recorded'),
        )
      },
    }
  }
}

/** Returns a function that finds the configured entry for the address or phone of a send, or returns null. */
function createFinder(entries: readonly ListEntry[]) {
  const names = new Set(entries.map(({ text }) => text))
  const networkOf = createNetworks(entries.flatMap(({ kind, text }) => (kind === 'network' ? [text] : [])))
  return (asker: Asker): string | null =>
    phoneNames(asker).find((name) => names.has(name)) ?? networkOf(asker.ip)
}

/** Returns the seconds to the end of an hour of the phone. Two bytes of the pseudonym set when this hour starts. */
function hourlyWait(ph: string): number {
  const offset = Buffer.from(ph, 'base64url').readUInt16BE(0)
  return HOUR_SECONDS - ((Math.floor(Date.now() / 1000) + offset) % HOUR_SECONDS)
}
