// CCP on HTTP: one address, a scripted fault first, and then whatever the vendor would answer, always on status 200.
// The body reaches the judge as it was sent, because what is wrong with it is the vendor's to say.
import { setTimeout as sleep } from 'node:timers/promises'
import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ccpRefusal, type createCcp } from './ccp.ts'
import type { Fault, FaultScript } from './fault-script.ts'
import { isJudged, playFault } from './faults.ts'

const Params = Type.Object({ accountSid: Type.String() })

export function addCcpRoute(
  parent: FastifyInstance,
  deps: { ccp: ReturnType<typeof createCcp>; script: FaultScript },
): void {
  const taken = new WeakMap<FastifyRequest, Fault>()

  void parent.register((scope, _options, done) => {
    const app = scope.withTypeProvider<TypeBoxTypeProvider>()
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) => parsed(null, body))
    app.setErrorHandler((_error, _request, reply) => reply.code(200).send(ccpRefusal('160031')))

    app.route({
      method: 'POST',
      url: '/2013-12-26/Accounts/:accountSid/SMS/TemplateSMS',
      schema: { params: Params },
      onRequest: async (request, reply) => {
        const fault = deps.script.take('ccp')
        if (fault === null) return
        taken.set(request, fault)
        if (fault.name !== 'refuse') return
        await sleep(fault.delayMs)
        playFault(fault, reply, '')
      },
      handler: async (request, reply) => {
        const fault = taken.get(request)
        const judge = () =>
          deps.ccp.answer({
            accountSid: request.params.accountSid,
            sig: sigOf(request.query),
            authorization: request.headers.authorization,
            contentType: request.headers['content-type'],
            body: typeof request.body === 'string' ? request.body : '',
          })
        if (fault === undefined) {
          return reply.type('application/json;charset=utf-8').send(JSON.stringify(judge()))
        }
        const answer =
          fault.name === 'vendor_code' ? ccpRefusal(fault.vendorCode) : isJudged(fault) ? judge() : {}
        await sleep(fault.delayMs)
        playFault(fault, reply, JSON.stringify(answer))
        return reply
      },
    })
    done()
  })
}

function sigOf(query: unknown): unknown {
  return typeof query === 'object' && query !== null && 'sig' in query ? query.sig : undefined
}
