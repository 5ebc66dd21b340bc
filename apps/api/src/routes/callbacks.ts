import { createHash, timingSafeEqual } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import { createNetworks } from '@sms-codes/core/limits/networks'
import { applyDeliveryReport, entryOf } from '@sms-codes/core/queues/delivery-receipts'
import type { DeliveryReceipt, ReceivedCall } from '@sms-codes/gateways/delivery-receipt'
import type { ApiDeps } from '../compose.ts'
import { Refusal } from '../http/answers.ts'

type Reporting = 'contacts' | 'deliveryReceipts' | 'ledger' | 'mails' | 'rules' | 'traffic'
type Needs = Pick<ApiDeps, Reporting | 'callbacks' | 'callerOf' | 'metrics'>

/** A body of this size has several hundred delivery receipts. The largest batch that a vendor documents has 100. */
const MAX_BODY_BYTES = 262_144

const sha256 = (text: string) => createHash('sha256').update(text).digest()

/**
 * Warns of each gateway of the policy whose delivery receipts the API will refuse, because it lacks their secret. Returns
 * a function that warns of a refused gateway once, because a vendor may repeat its calls for days.
 */
function reportLackedSecrets({ lackedSecrets, gateways }: Needs['callbacks'], log: FastifyBaseLogger) {
  for (const gateway of gateways) {
    const variable = lackedSecrets.get(gateway)
    if (variable !== undefined)
      log.warn({ gateway, variable }, 'delivery receipts of a listed gateway will be refused: no secret')
  }
  const reported = new Set<string>()
  return (gateway: string): void => {
    const variable = lackedSecrets.get(gateway)
    if (variable === undefined || reported.has(gateway)) return
    reported.add(gateway)
    log.warn({ gateway, variable }, 'delivery receipts of a gateway are refused: no secret')
  }
}

async function firstFound<Found>(ids: readonly string[], look: (id: string) => Promise<Found | null>) {
  const found = await Promise.all(ids.map(look))
  return found.find((one) => one !== null) ?? null
}

/**
 * `POST /callbacks/:gateway/:token`: takes the delivery receipts of gateways. A repeated or late delivery receipt
 * changes nothing.
 */
export const callbackRoutes: FastifyPluginAsyncTypebox<Needs> = async (app, deps) => {
  const { callerOf, deliveryReceipts, metrics, rules } = deps
  const { parsers, addresses, token } = deps.callbacks
  const reportRefused = reportLackedSecrets(deps.callbacks, app.log)
  const tokenDigest = sha256(token)
  const networkOf = createNetworks(addresses)

  // The body stays an unparsed text, because the signature of a gateway covers exactly these characters.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, async (_request: FastifyRequest, body: string) => body)

  async function take(gateway: string, receipt: DeliveryReceipt, log: FastifyBaseLogger): Promise<void> {
    const { ids, state, code } = receipt
    // Most sends are known under one of the ids. `arrive` is a script, which stores the receipt of an unknown send.
    const job =
      (await firstFound(ids, (id) => deliveryReceipts.find(gateway, id))) ??
      (await firstFound(ids, (id) => deliveryReceipts.arrive(gateway, id, state)))
    if (job === null) return metrics.deliveryReceipts.inc({ gateway, state: 'parked' })
    const report = () => applyDeliveryReport(job, state, gateway, deps, code)
    let reported = await report()
    if (reported.kind === 'early') {
      await Promise.all(ids.map((id) => deliveryReceipts.park(gateway, id, state)))
      // A worker that settled the send before `park` did not find the delivery receipt, so `report` runs again.
      reported = await report()
    }
    const { kind: came } = reported
    // If the removal fails, a worker finds at the end of the wait that nothing is left to do.
    if (came !== 'early' && rules.receiptWithinMs(job.scene) !== null)
      deliveryReceipts.endWait(entryOf(job)).catch(() => {})
    if (reported.kind === 'delivered') metrics.deliverySeconds.observe({ gateway }, reported.afterMs / 1000)
    metrics.deliveryReceipts.inc({ gateway, state })
    log.info({ rid: job.rid, n: job.n, gateway, state, code, came }, 'delivery receipt')
  }

  app.post(
    '/callbacks/:gateway/:token',
    {
      bodyLimit: MAX_BODY_BYTES,
      schema: { hide: true, params: Type.Object({ gateway: Type.String(), token: Type.String() }) },
      // This hook runs before the body is read. Without the token, the answer does not show that the route exists.
      onRequest: async (request) => {
        const isKnown = timingSafeEqual(sha256(request.params.token), tokenDigest)
        const isAllowed = addresses.length === 0 || networkOf(callerOf(request).ip) !== null
        if (!isKnown || !isAllowed) throw new Refusal('notFound')
        const { gateway } = request.params
        if (parsers.has(gateway)) return
        reportRefused(gateway)
        throw new Refusal('notFound')
      },
    },
    async (request, reply) => {
      const { gateway } = request.params
      const parser = parsers.get(gateway)
      if (parser === undefined) throw new Refusal('notFound')
      const call: ReceivedCall = {
        headers: request.headers,
        query: request.raw.url?.split('?')[1] ?? '',
        body: typeof request.body === 'string' ? request.body : '',
      }
      if (parser.verify?.(call) === false) throw new Refusal('signatureWrong')
      const parsed = parser.read(call)
      if (parsed === null) throw new Refusal('param')
      await Promise.all(parsed.map((one) => take(gateway, one, request.log)))
      const { status, contentType, body } = parser.acknowledgement
      return reply.status(status).type(contentType).serializer(String).send(body)
    },
  )
}
