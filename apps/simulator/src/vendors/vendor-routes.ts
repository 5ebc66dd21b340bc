// The HTTP endpoints of the vendors: a scripted fault comes first, then the vendor's answer. The body reaches the vendor
// unparsed, because a malformed body gets the vendor's own error.
import { setTimeout as sleep } from 'node:timers/promises'
import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import type { FaultScript } from '../control/fault-script.ts'
import type { MessageDelivery } from '../receipts/deliver-messages.ts'
import { headersOf, isJudged, playFault } from './play-fault.ts'
import { isAnswerFault, isBeforeBody, type VendorFault } from './vendor-faults.ts'
import type { Vendor, VendorAnswer, VendorRequest } from './vendor.ts'

const Params = Type.Object({ accountSid: Type.Optional(Type.String()) })

const NO_ANSWER: VendorAnswer = { status: 200, body: {} }

export type VendorEndpoint = {
  method: 'GET' | 'POST'
  url: string
  /** Chooses among vendors that share a URL. It sees headers only, because the body has not been read yet. */
  vendorOf: (headers: FastifyRequest['headers']) => Vendor
}

export function addVendorRoutes(
  parent: FastifyInstance,
  deps: { endpoints: readonly VendorEndpoint[]; faults: FaultScript<VendorFault>; delivery: MessageDelivery },
): void {
  const { endpoints, faults, delivery } = deps

  async function judge(vendor: Vendor, request: VendorRequest): Promise<VendorAnswer> {
    const verdict = vendor.answer(request)
    if (verdict.accepted !== undefined) await delivery.deliver(vendor, verdict.accepted)
    return verdict
  }

  void parent.register((scope, _options, done) => {
    const app = scope.withTypeProvider<TypeBoxTypeProvider>()
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) => parsed(null, body))

    for (const { method, url, vendorOf } of endpoints) {
      app.route({
        method,
        url,
        // A HEAD request would reach the handler of GET, where it could use up a fault.
        exposeHeadRoute: false,
        schema: { params: Params },
        onRequest: async (request, reply) => {
          const fault = faults.take(vendorOf(request.headers).name, isAnswerFault, isBeforeBody)
          if (fault === null) return
          await sleep(fault.delayMs)
          playFault(fault, reply, NO_ANSWER)
        },
        handler: async (request, reply) => {
          const vendor = vendorOf(request.headers)
          const asked = vendorRequest(request, request.params.accountSid)
          // A look-up only meets standing faults, so it does not use up a fault that was counted for a send.
          const fault = vendor.isLookUp(asked)
            ? faults.standing(vendor.name, isAnswerFault)
            : faults.take(vendor.name, isAnswerFault)
          if (fault === null) {
            const answer = await judge(vendor, asked)
            return reply.code(answer.status).headers(headersOf(answer)).send(JSON.stringify(answer.body))
          }
          let answer = NO_ANSWER
          if (fault.name === 'vendor_code') answer = vendor.refusal(fault.vendorCode, asked)
          else if (isJudged(fault)) answer = await judge(vendor, asked)
          await sleep(fault.delayMs)
          playFault(fault, reply, answer)
          return reply
        },
        errorHandler: (error: FastifyError, request, reply) => {
          if ((error.statusCode ?? 500) >= 500) request.log.error(error)
          const answer = vendorOf(request.headers).unreadable()
          void reply.code(answer.status).headers(headersOf(answer)).send(JSON.stringify(answer.body))
        },
      })
    }
    done()
  })
}

function vendorRequest(request: FastifyRequest, account = ''): VendorRequest {
  return {
    method: request.method,
    account,
    query: new URLSearchParams(request.url.split('?').slice(1).join('?')),
    headers: request.headers,
    body: typeof request.body === 'string' ? request.body : '',
  }
}
