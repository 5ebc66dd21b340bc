import type { Keyring } from '@sms-codes/core/keyring'
import type { Limits } from '@sms-codes/core/limits/limits'
import type { Window } from '@sms-codes/core/limits/windows'
import type { Logger } from '@sms-codes/core/logger'
import { keys } from '@sms-codes/core/redis/keys'
import type { Quotas } from './quotas.ts'
import type { Answer, SkippingGateway } from './skipping-gateway.ts'

/**
 * After these answers to the first try of a message, the vendor has counted the message, or may have. A `duplicate` to
 * a first try is about another message.
 */
const COUNTED: readonly Answer['class'][] = ['accepted', 'ambiguous']

/** A rate is logged as exhausted until it skipped no call for this long, so that the log does not change each second. */
const ROOM_AGAIN_MS = 10_000

/**
 * Skips the call for a message that exceeds the vendor's own limit per number. Another gateway may still send
 * the message. LIMIT_PHONE_SENDS limits the messages to a phone over all gateways.
 * @param windows the windows of the vendor's limit; an empty list means no limit
 */
export function withQuota(
  gateway: SkippingGateway,
  windows: readonly Window[],
  { quotas, keyring }: { quotas: Quotas; keyring: Pick<Keyring, 'pseudonym'> },
): SkippingGateway {
  if (windows.length === 0) return gateway
  const { name } = gateway
  return {
    ...gateway,
    async send(message, signal) {
      const ph = keyring.pseudonym(message.mobile)
      const taken = await quotas.take(name, ph, message.id, windows)
      if (taken === 'full') return { class: 'skipped', code: 'QUOTA_FULL' }
      const outcome = await gateway.send(message, signal)
      // A message that an earlier try counted stays counted, because the vendor may have taken the message then.
      if (taken === 'taken' && !COUNTED.includes(outcome.class)) await quotas.giveBack(name, ph, message.id)
      return outcome
    },
  }
}

/** Limits a gateway to `most` messages a second over all workers, and logs when the rate is exhausted and free again. */
export function withRate(
  gateway: SkippingGateway,
  most: number | undefined,
  { limits, log, now = Date.now }: { limits: Limits; log: Logger; now?: () => number },
): SkippingGateway {
  if (most === undefined) return gateway
  const { name } = gateway
  const limit = { key: keys.rate(name), windows: [{ most, seconds: 1 }] }
  let fullAt: number | null = null
  return {
    ...gateway,
    async send(message, signal) {
      const taken = await limits.take(limit)
      if (taken.kind === 'full') {
        if (fullAt === null) log.warn({ gateway: name, most }, 'gateway rate exhausted, messages wait')
        fullAt = now()
        return { class: 'skipped', code: 'RATE_FULL' }
      }
      if (fullAt !== null && now() - fullAt >= ROOM_AGAIN_MS) {
        fullAt = null
        log.info({ gateway: name }, 'gateway rate has room again')
      }
      return gateway.send(message, signal)
    },
  }
}
