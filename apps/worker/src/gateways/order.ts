import { createHash } from 'node:crypto'
import type { SendJob } from '@sms-codes/core/queues/send-queue'
import type { SkippingGateway } from './skipping-gateway.ts'

type OrderOptions = {
  /** Each gateway's share of the messages for which it is asked first, 0 if absent. Empty for the listed order. */
  weights: Readonly<Record<string, number>>
  /** Maps the first three digits of a number to the gateway that is asked first for the number. */
  routes: Readonly<Record<string, string>>
}

/**
 * Orders the gateways for a job. The first gateway is the route of the number's carrier segment, or is drawn by
 * weight. The others follow as listed. The draw depends on the send, so all tries of a send have the same order.
 */
export function createOrder(gateways: readonly SkippingGateway[], { weights, routes }: OrderOptions) {
  const totalWeight = gateways.reduce((sum, { name }) => sum + (weights[name] ?? 0), 0)

  function drawByWeight({ rid, n }: SendJob): string {
    let remaining = createHash('sha256').update(`${rid}.${n}`).digest().readUInt32BE() % totalWeight
    for (const { name } of gateways) {
      remaining -= weights[name] ?? 0
      if (remaining < 0) return name
    }
    return ''
  }

  return (job: SendJob): readonly SkippingGateway[] => {
    const first = routes[job.segment] ?? (totalWeight > 0 ? drawByWeight(job) : '')
    return [
      ...gateways.filter(({ name }) => name === first),
      ...gateways.filter(({ name }) => name !== first),
    ]
  }
}
export type Order = ReturnType<typeof createOrder>
