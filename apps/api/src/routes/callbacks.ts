import { createHash, timingSafeEqual } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { createNetworks } from '@sms-codes/core/limits/networks'
import { applyDeliveryReport } from '@sms-codes/core/queues/delivery-receipts'
import type { DeliveryReceipt, ReceivedCall } from '@sms-codes/gateways/delivery-receipt'
import type { ApiDeps } from '../deps.ts'
import { Refusal } from '../http/answers.ts'

type Callers = 'callbackAddresses' | 'callbackToken' | 'deliveryReceiptParsers'
type Needs = Pick<ApiDeps, Callers | 'deliveryReceipts' | 'ledger' | 'mails' | 'metrics' | 'rules'>

/** Enough for several hundred delivery receipts. The largest batch that a vendor documents has a hundred. */
const MAX_BODY_BYTES = 262_144

const sha256 = (text: string) => createHash('sha256').update(text).digest()

/**
 * `POST /callbacks/:gateway/:token`: takes the delivery receipts of gateways. A delivery receipt can only move a known
 * message forward. A repeated or late one changes nothing.
 */
export const callbackRoutes: FastifyPluginAsyncTypebox<Needs> = async (app, deps) => {
  const { deliveryReceiptParsers, callbackAddresses, callbackToken } = deps
  const { deliveryReceipts, ledger, rules, mails, metrics } = deps
  const token = sha256(callbackToken)
  const isFrom = createNetworks(callbackAddresses)

  // The body is kept as it was sent, because signatures cover these characters.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, async (_request: FastifyRequest, body: string) => body)

  async function take(
    gateway: string,
    { ids, state, code }: DeliveryReceipt,
    request: FastifyRequest,
  ): Promise<void> {
    const found = await Promise.all(ids.map((id) => deliveryReceipts.arrive(gateway, id, state)))
    const job = found.find((one) => one !== null)
    if (job === undefined) return metrics.deliveryReceipt(gateway, state, 'parked')
    const report = () => applyDeliveryReport(job, state, rules.mayFallBack(job.scene), { ledger, mails })
    let reported = await report()
    if (reported.kind === 'early') {
      await Promise.all(ids.map((id) => deliveryReceipts.park(gateway, id, state)))
      // A worker that settled the send before the delivery receipt was parked did not find it, so apply it again.
      reported = await report()
    }
    if (reported.kind === 'delivered') metrics.deliveredAfter(gateway, reported.afterMs / 1000)
    metrics.deliveryReceipt(gateway, state, reported.kind)
    request.log.info(
      { rid: job.rid, n: job.n, gateway, state, code, came: reported.kind },
      'delivery receipt',
    )
  }

  app.post(
    '/callbacks/:gateway/:token',
    {
      bodyLimit: MAX_BODY_BYTES,
      schema: {
        hide: true,
        params: Type.Object({ gateway: Type.String(), token: Type.String() }),
      },
      // Runs before the body is read. Without the token, the answer does not show that the route exists.
      onRequest: async (request) => {
        const known = timingSafeEqual(sha256(request.params.token), token)
        const allowed = callbackAddresses.length === 0 || isFrom(request.ip) !== null
        if (!known || !allowed || !deliveryReceiptParsers.has(request.params.gateway))
          throw new Refusal('notFound')
      },
    },
    async (request, reply) => {
      const { gateway } = request.params
      const parser = deliveryReceiptParsers.get(gateway)
      if (parser === undefined) throw new Refusal('notFound')
      const call: ReceivedCall = {
        headers: request.headers,
        query: request.raw.url?.split('?')[1] ?? '',
        body: typeof request.body === 'string' ? request.body : '',
      }
      if (parser.verify?.(call) === false) throw new Refusal('signatureWrong')
      const parsed = parser.read(call)
      if (parsed === null) throw new Refusal('param')
      await Promise.all(parsed.map((one) => take(gateway, one, request)))
      const { status, contentType, body } = parser.acknowledgement
      return reply.status(status).type(contentType).serializer(String).send(body)
    },
  )
}
