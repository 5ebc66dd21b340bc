import type { Limits } from '@sms-codes/core/limits/limits'
import type { Logger } from '@sms-codes/core/logger'
import { keys } from '@sms-codes/core/redis/keys'
import type { SkippingGateway } from './skipping-gateway.ts'

/** A rate is logged as exhausted until it skipped no call for this long, so that the log does not change each second. */
const ROOM_AGAIN_MS = 10_000

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
