import { createHash } from 'node:crypto'
import type { Policy } from '@sms-codes/core/config/policy-schema'
import type { SendJob } from '@sms-codes/core/queues/send-queue'
import type { SkippingGateway } from './skipping-gateway.ts'

/**
 * Orders the gateways that serve the country of a job. The first gateway is that of the first route that fits, or is
 * drawn by weight. The others follow as listed. The draw depends on the send, so all tries of a send have the same order.
 */
export function createOrder(gateways: readonly SkippingGateway[], routes: Policy['routes']) {
  function drawByWeight({ rid, n }: SendJob, among: readonly SkippingGateway[]): string | undefined {
    const totalWeight = among.reduce((sum, { weight = 0 }) => sum + weight, 0)
    if (totalWeight === 0) return undefined
    let remaining = createHash('sha256').update(`${rid}.${n}`).digest().readUInt32BE() % totalWeight
    return among.find(({ weight = 0 }) => (remaining -= weight) < 0)?.name
  }

  return (job: SendJob): readonly SkippingGateway[] => {
    const { country = 'CN' } = job
    const segment = job.segment.startsWith('+') ? job.segment : `+86${job.segment}`
    const serving = gateways.filter(({ countries }) => countries?.includes(country) !== false)
    const route = routes.find(
      ({ countries, segments, gateway }) =>
        countries?.includes(country) !== false &&
        segments?.some((start) => segment.startsWith(start)) !== false &&
        serving.some(({ name }) => name === gateway),
    )
    const first = route?.gateway ?? drawByWeight(job, serving)
    return [...serving.filter(({ name }) => name === first), ...serving.filter(({ name }) => name !== first)]
  }
}
export type Order = ReturnType<typeof createOrder>
