// The test's side of the simulator, under /_sim: what arrived, what was reported, which faults come next, what time it
// is. A control request that is not understood is a 400 that says why; it never changes anything.
import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyError, FastifyInstance } from 'fastify'
import type { Clock } from '../clock.ts'
import { addEventsRoute } from '../demo/events.ts'
import type { FaultScript } from './fault-script.ts'
import { addMailControl } from '../mail/mail-control.ts'
import type { MailScript } from '../mail/mail-script.ts'
import type { Mailbox } from '../mail/mailbox.ts'
import type { Outbox } from './outbox.ts'
import type { Courier } from '../receipts/courier.ts'
import type { ReceiptLog } from '../receipts/receipt-log.ts'
import { addScriptRoutes } from './script-routes.ts'
import type { Sequence } from '../vendors/sequence.ts'
import type { Vendor } from '../vendors/vendor.ts'

const CENTURY_MS = 100 * 366 * 86_400_000

const ClockShift = Type.Object(
  { advance_ms: Type.Integer({ minimum: -CENTURY_MS, maximum: CENTURY_MS }) },
  { additionalProperties: false },
)

const OfNumber = Type.Object({ to: Type.Optional(Type.String()) }, { additionalProperties: false })

export function addControlRoutes(
  parent: FastifyInstance,
  deps: {
    clock: Clock
    courier: Courier
    mailbox: Mailbox
    mailScript: MailScript
    outbox: Outbox
    receipts: ReceiptLog
    script: FaultScript
    sequence: Sequence
    vendors: readonly Vendor[]
  },
): void {
  const { clock, courier, mailbox, mailScript, outbox, receipts, script, sequence, vendors } = deps

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

      app.post('/clock', { schema: { body: ClockShift } }, (request, reply) => {
        clock.advance(request.body.advance_ms)
        return reply.send({ now: clock.now(), offset_ms: clock.offsetMs() })
      })

      app.post('/reset', (_request, reply) => {
        courier.stop()
        outbox.reset()
        mailbox.reset()
        receipts.reset()
        script.clear()
        mailScript.clear()
        for (const vendor of vendors) vendor.reset()
        clock.reset()
        return reply.send({ reset: true })
      })

      app.get('/outbox', { schema: { querystring: OfNumber } }, (request, reply) =>
        reply.send(outbox.list(request.query.to)),
      )

      app.get('/receipts', { schema: { querystring: OfNumber } }, (request, reply) =>
        reply.send(receipts.list(request.query.to)),
      )

      addScriptRoutes(scope, { script, vendors })
      addMailControl(scope, { mailbox, script: mailScript })
      addEventsRoute(scope, { mailbox, outbox, sequence })
      done()
    },
    { prefix: '/_sim' },
  )
}
