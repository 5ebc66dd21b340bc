import { createHash, timingSafeEqual } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { createNetworks } from '@sms-codes/core/limits/networks'
import { applyDeliveryReport } from '@sms-codes/core/queues/delivery-receipts'
import { Refusal } from '../http/answers.ts'
import type { ApiDeps } from '../server.ts'
import type { Received, Report } from '../callbacks/callback.ts'

/** A batch of some hundred receipts; the largest a vendor documents has a hundred. */
const LONGEST_BODY = 262_144

const sha256 = (text: string) => createHash('sha256').update(text).digest()

/**
 * `POST /callbacks/:gateway/:token`: what gateways say became of their messages. A receipt can only move a
 * message that is known forward; the same again, or in another order, changes nothing.
 */
export const callbackRoutes: FastifyPluginAsyncTypebox<ApiDeps> = async (app, deps) => {
  const { callbacks, callbackAddresses, callbackToken, deliveryReceipts, ledger, rules, mails, metrics } =
    deps
  const token = sha256(callbackToken)
  const isFrom = createNetworks(callbackAddresses)

  // As it was sent: signatures are over these characters.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, async (_request: FastifyRequest, body: string) => body)

  async function take(gateway: string, { ids, state, code }: Report, request: FastifyRequest): Promise<void> {
    const found = await Promise.all(ids.map((id) => deliveryReceipts.arrive(gateway, id, state)))
    const job = found.find((one) => one !== null)
    if (job === undefined) return metrics.receipt(gateway, state, 'parked')
    const report = () => applyDeliveryReport(job, state, rules.mayFallBack(job.scene), { ledger, mails })
    let reported = await report()
    if (reported.kind === 'early') {
      await Promise.all(ids.map((id) => deliveryReceipts.park(gateway, id, state)))
      // Whoever settled it in between has looked for a receipt already.
      reported = await report()
    }
    if (reported.kind === 'delivered') metrics.deliveredAfter(gateway, reported.afterMs / 1000)
    metrics.receipt(gateway, state, reported.kind)
    request.log.info({ rid: job.rid, n: job.n, gateway, code, came: reported.kind }, state)
  }

  app.post(
    '/callbacks/:gateway/:token',
    {
      bodyLimit: LONGEST_BODY,
      schema: {
        hide: true,
        params: Type.Object({ gateway: Type.String(), token: Type.String() }),
      },
      // Before the body is read. Whoever does not know the token learns not even that there is a route.
      onRequest: async (request) => {
        const known = timingSafeEqual(sha256(request.params.token), token)
        const allowed = callbackAddresses.length === 0 || isFrom(request.ip) !== null
        if (!known || !allowed || !callbacks.has(request.params.gateway)) throw new Refusal('notFound')
      },
    },
    async (request, reply) => {
      const { gateway } = request.params
      const callback = callbacks.get(gateway)
      if (callback === undefined) throw new Refusal('notFound')
      const received: Received = {
        headers: request.headers,
        query: request.raw.url?.split('?')[1] ?? '',
        body: typeof request.body === 'string' ? request.body : '',
      }
      if (callback.verify?.(received) === false) throw new Refusal('signatureWrong')
      const reports = callback.read(received)
      if (reports === null) throw new Refusal('param')
      await Promise.all(reports.map((report) => take(gateway, report, request)))
      const { status, contentType, body } = callback.acknowledgement
      return reply.status(status).type(contentType).serializer(String).send(body)
    },
  )
}
