// The vendors on HTTP: a scripted fault first, and then whatever the vendor would answer. The body reaches the vendor
// as it was sent, because what is wrong with it is the vendor's to say.
import { setTimeout as sleep } from 'node:timers/promises'
import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import type { FaultScript } from '../control/fault-script.ts'
import { headersOf, isJudged, playFault } from '../control/faults.ts'
import type { Courier } from '../receipts/courier.ts'
import type { Vendor, VendorAnswer, VendorRequest } from './vendor.ts'

const Params = Type.Object({ accountSid: Type.Optional(Type.String()) })

const NO_ANSWER: VendorAnswer = { status: 200, body: {} }

export type VendorAddress = {
  method: 'GET' | 'POST'
  url: string
  /** Vendors that share an address are told apart by their headers, before the body is read. */
  vendorOf: (headers: FastifyRequest['headers']) => Vendor
}

export function addVendorRoutes(
  parent: FastifyInstance,
  deps: { addresses: readonly VendorAddress[]; script: FaultScript; courier: Courier },
): void {
  const { addresses, script, courier } = deps

  /** The vendor's answer, with what it took on its way to the handset. */
  async function judge(vendor: Vendor, request: VendorRequest): Promise<VendorAnswer> {
    const verdict = vendor.answer(request)
    await courier.carry(vendor, verdict.taken ?? [])
    return verdict
  }

  void parent.register((scope, _options, done) => {
    const app = scope.withTypeProvider<TypeBoxTypeProvider>()
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) => parsed(null, body))

    for (const { method, url, vendorOf } of addresses) {
      app.route({
        method,
        url,
        // A HEAD would judge a request, and send the message in it.
        exposeHeadRoute: false,
        schema: { params: Params },
        onRequest: async (request, reply) => {
          const fault = script.takeBeforeBody(vendorOf(request.headers).name)
          if (fault === null) return
          await sleep(fault.delayMs)
          playFault(fault, reply, NO_ANSWER)
        },
        handler: async (request, reply) => {
          const vendor = vendorOf(request.headers)
          const asked = vendorRequest(request, request.params.accountSid)
          const fault = script.takeOfAnswer(vendor.name, { isLookUp: vendor.isLookUp(asked) })
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
