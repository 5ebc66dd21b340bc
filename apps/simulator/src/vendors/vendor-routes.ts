// The HTTP endpoints of the vendors: a scripted fault comes first, then the vendor's answer. The body reaches the vendor
// unparsed, because a malformed body gets the vendor's own error.
import { setTimeout as sleep } from 'node:timers/promises'
import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { FaultScript } from '../control/fault-script.ts'
import type { MessageDelivery } from '../receipts/deliver-messages.ts'
import { headersOf, isJudged, playFault, textOf } from './play-fault.ts'
import { isAnswerFault, isBeforeBody, type VendorFault } from './vendor-faults.ts'
import type { Vendor, VendorAnswer, VendorRequest, Verdict } from './vendor.ts'

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

  async function judge(vendor: Vendor, request: VendorRequest): Promise<Verdict> {
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
          const scripted = vendor.isLookUp(asked)
            ? faults.standing(vendor.name, isAnswerFault)
            : faults.take(vendor.name, isAnswerFault)
          let answer: Verdict = NO_ANSWER
          if (scripted?.name === 'vendor_code') answer = vendor.refusal(scripted.vendorCode, asked)
          else if (scripted === null || isJudged(scripted)) answer = await judge(vendor, asked)
          const fault = scripted ?? answer.fault
          if (fault === undefined) return send(reply, answer)
          await sleep(fault.delayMs)
          playFault(fault, reply, answer)
          return reply
        },
        errorHandler: (error: FastifyError, request, reply) => {
          if ((error.statusCode ?? 500) >= 500) request.log.error(error)
          void send(reply, vendorOf(request.headers).unreadable())
        },
      })
    }
    done()
  })
}

function send(reply: FastifyReply, answer: VendorAnswer): FastifyReply {
  return reply.code(answer.status).headers(headersOf(answer)).send(textOf(answer))
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
