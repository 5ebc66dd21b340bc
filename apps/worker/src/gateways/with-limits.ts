import { keys, type Quota } from '@sms-codes/core/redis/keys'
import type { Keyring } from '@sms-codes/core/keyring'
import type { Limits } from '@sms-codes/core/limits/limits'
import type { Quotas } from './quotas.ts'
import type { OutcomeClass } from '@sms-codes/gateways/gateway'
import type { ListedGateway } from './list-gateways.ts'

export const QUOTA_FULL = 'QUOTA_FULL'

/** After these the gateway has counted the message, or may have. */
const COUNTED: readonly OutcomeClass[] = ['accepted', 'duplicate', 'ambiguous']

/**
 * Mirrors what the gateway allows one number: a message that it would refuse is refused here, without the call.
 * Another gateway may have room; how many messages a phone gets in all is for its own limits to say.
 */
export function withQuota(
  gateway: ListedGateway,
  of: Quota,
  { quotas, keyring }: { quotas: Quotas; keyring: Pick<Keyring, 'pseudonym'> },
): ListedGateway {
  return {
    ...gateway,
    async send(message, signal) {
      const ph = keyring.pseudonym(message.mobile)
      const taken = await quotas.take(of, ph, message.id)
      if (taken === 'full') return { class: 'switch_now', code: QUOTA_FULL }
      const outcome = await gateway.send(message, signal)
      // What was taken by an earlier try of the message may have left with it.
      if (taken === 'taken' && !COUNTED.includes(outcome.class)) await quotas.giveBack(of, ph, message.id)
      return outcome
    },
  }
}

/** Holds a gateway's rate over all workers together: what does not fit goes to the next gateway at once. */
export function withRate(gateway: ListedGateway, perSecond: number, limits: Limits): ListedGateway {
  const limit = { key: keys.rate(gateway.name), windows: [{ most: perSecond, seconds: 1 }] }
  return {
    ...gateway,
    async send(message, signal) {
      const taken = await limits.take([limit])
      return taken.kind === 'full'
        ? { class: 'switch_now', code: 'RATE_FULL' }
        : gateway.send(message, signal)
    },
  }
}
