import { createHash } from 'node:crypto'
import type { SendJob } from '@sms-codes/core/queues/send-queue'
import type { ListedGateway } from './list-gateways.ts'

export type OrderOptions = {
  /** Shares of the first place; gateways that are not named get none. Empty: the order of the list. */
  weights: Readonly<Record<string, number>>
  /** The gateway that comes first for numbers that begin with these three digits. */
  routes: Readonly<Record<string, string>>
}

/**
 * In which order the gateways are asked for a job: the one its carrier segment is routed to, or one drawn by
 * weight, and then the rest as listed. The draw depends on the send alone, so every try of it is the same.
 */
export function createOrder(gateways: readonly ListedGateway[], { weights, routes }: OrderOptions) {
  const total = gateways.reduce((sum, { name }) => sum + (weights[name] ?? 0), 0)

  function drawn({ rid, n }: SendJob): string {
    let point = createHash('sha256').update(`${rid}.${n}`).digest().readUInt32BE() % total
    for (const { name } of gateways) {
      point -= weights[name] ?? 0
      if (point < 0) return name
    }
    return ''
  }

  return (job: SendJob): readonly ListedGateway[] => {
    const first = routes[job.segment] ?? (total > 0 ? drawn(job) : '')
    const chosen = gateways.filter(({ name }) => name === first)
    return [...chosen, ...gateways.filter(({ name }) => name !== first)]
  }
}
export type Order = ReturnType<typeof createOrder>
