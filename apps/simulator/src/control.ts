// The test's side of the simulator, under /_sim: what arrived, which faults come next, what time it is. A control
// request that is not understood is a 400 that says why; it never changes anything.
import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyError, FastifyInstance } from 'fastify'
import type { CcpLedger } from './ccp-ledger.ts'
import type { Clock } from './clock.ts'
import { addEventsRoute } from './events.ts'
import { FAULTS, readFault, type FaultScript } from './fault-script.ts'
import type { Outbox } from './outbox.ts'

const CENTURY_MS = 100 * 366 * 86_400_000

// Both names of the one vendor are in use: the course's and the company's.
const GATEWAYS: Record<string, string> = { ccp: 'ccp', yuntongxun: 'ccp' }

const Script = Type.Object(
  {
    gateway: Type.String(),
    fault: Type.String(),
    times: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 }),
    delay_ms: Type.Integer({ minimum: 0, maximum: 600_000, default: 0 }),
  },
  { additionalProperties: false },
)

const ClockShift = Type.Object(
  { advance_ms: Type.Integer({ minimum: -CENTURY_MS, maximum: CENTURY_MS }) },
  { additionalProperties: false },
)

const OutboxQuery = Type.Object({ to: Type.Optional(Type.String()) }, { additionalProperties: false })

export function addControlRoutes(
  parent: FastifyInstance,
  deps: { clock: Clock; ledger: CcpLedger; outbox: Outbox; script: FaultScript },
): void {
  const { clock, ledger, outbox, script } = deps

  void parent.register(
    (scope, _options, done) => {
      const app = scope.withTypeProvider<TypeBoxTypeProvider>()
      const parseJson = app.getDefaultJsonParser('error', 'error')
      app.removeContentTypeParser('application/json')
      // A reset has nothing to say, and many clients name the type of the body they do not send.
      app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, parsed) => {
        if (body === '') parsed(null)
        else void parseJson(request, typeof body === 'string' ? body : body.toString('utf8'), parsed)
      })
      app.setErrorHandler<FastifyError>((error, request, reply) => {
        const status = error.statusCode ?? 500
        if (status >= 500) request.log.error(error)
        return reply.code(status).send({ error: status >= 500 ? 'the simulator failed' : error.message })
      })

      app.post('/script', { schema: { body: Script } }, (request, reply) => {
        const { gateway, fault, times, delay_ms: delayMs } = request.body
        const name = Object.hasOwn(GATEWAYS, gateway) ? GATEWAYS[gateway] : undefined
        if (name === undefined)
          return refuse(reply, `gateway must be one of ${Object.keys(GATEWAYS).join(', ')}`)
        const known = readFault(fault, delayMs)
        if (known === null) {
          return refuse(reply, `fault must be a six-digit code of the vendor or one of ${FAULTS.join(', ')}`)
        }
        script.add(name, known, times)
        return reply.send({ pending: script.pending() })
      })

      app.get('/script', (_request, reply) => reply.send({ pending: script.pending() }))

      app.post('/clock', { schema: { body: ClockShift } }, (request, reply) => {
        clock.advance(request.body.advance_ms)
        return reply.send({ now: clock.now(), offset_ms: clock.offsetMs() })
      })

      app.post('/reset', (_request, reply) => {
        outbox.reset()
        script.reset()
        ledger.reset()
        clock.reset()
        return reply.send({ reset: true })
      })

      app.get('/outbox', { schema: { querystring: OutboxQuery } }, (request, reply) =>
        reply.send(outbox.list(request.query.to)),
      )

      addEventsRoute(scope, { outbox })
      done()
    },
    { prefix: '/_sim' },
  )
}

function refuse(
  reply: { code: (status: number) => { send: (body: unknown) => unknown } },
  error: string,
): unknown {
  return reply.code(400).send({ error })
}
