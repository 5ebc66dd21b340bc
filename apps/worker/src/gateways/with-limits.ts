import type { Keyring } from '@sms-codes/core/keyring'
import type { Limits } from '@sms-codes/core/limits/limits'
import type { Window } from '@sms-codes/core/limits/windows'
import { keys } from '@sms-codes/core/redis/keys'
import type { OutcomeClass, SmsGateway } from '@sms-codes/gateways/gateway'
import type { Quotas } from './quotas.ts'

export const QUOTA_FULL = 'QUOTA_FULL'

/** After these outcomes the vendor has counted the message, or may have counted it. */
const COUNTED: readonly OutcomeClass[] = ['accepted', 'duplicate', 'ambiguous']

/**
 * Refuses, without a call, a message that exceeds the vendor's own limit per number. Another gateway may still send
 * the message. LIMIT_PHONE_SENDS limits the messages to a phone over all gateways.
 * @param windows the windows of the vendor's limit; an empty list means no limit
 */
export function withQuota(
  gateway: SmsGateway,
  windows: readonly Window[],
  { quotas, keyring }: { quotas: Quotas; keyring: Pick<Keyring, 'pseudonym'> },
): SmsGateway {
  if (windows.length === 0) return gateway
  const { name } = gateway
  return {
    ...gateway,
    async send(message, signal) {
      const ph = keyring.pseudonym(message.mobile)
      const taken = await quotas.take(name, ph, message.id, windows)
      if (taken === 'full') return { class: 'switch_now', code: QUOTA_FULL }
      const outcome = await gateway.send(message, signal)
      // A message that an earlier try counted stays counted, because the vendor may have taken the message then.
      if (taken === 'taken' && !COUNTED.includes(outcome.class)) await quotas.giveBack(name, ph, message.id)
      return outcome
    },
  }
}

/** Limits a gateway to `most` messages a second over all workers. The next gateway gets a message above the limit. */
export function withRate(gateway: SmsGateway, most: number | undefined, limits: Limits): SmsGateway {
  if (most === undefined) return gateway
  const limit = { key: keys.rate(gateway.name), windows: [{ most, seconds: 1 }] }
  return {
    ...gateway,
    async send(message, signal) {
      const taken = await limits.take([limit])
      if (taken.kind === 'full') return { class: 'switch_now', code: 'RATE_FULL' }
      return gateway.send(message, signal)
    },
  }
}
