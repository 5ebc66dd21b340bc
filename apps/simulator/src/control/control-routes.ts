// The control API under /_sim: what arrived, which delivery receipts were pushed, which faults come next, and the clock.
// A request with a mistake gets a 400 that names it, and changes nothing.
import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyError, FastifyInstance } from 'fastify'
import type { Clock } from '../clock.ts'
import { MAIL_TARGET, type MailFault } from '../mail/mail-faults.ts'
import type { Mail } from '../mail/read-mail.ts'
import type { MessageDelivery } from '../receipts/deliver-messages.ts'
import type { DeliveryReceiptLog } from '../receipts/delivery-receipt-log.ts'
import type { Message } from '../vendors/message.ts'
import { recipientOf } from '../vendors/mobile.ts'
import { faultTargetOf, type VendorFault } from '../vendors/vendor-faults.ts'
import type { Vendor } from '../vendors/vendor.ts'
import type { Arrivals, Sequence } from './arrivals.ts'
import { addEventStream } from './event-stream.ts'
import { addFaultRoutes } from './fault-routes.ts'
import type { FaultScript } from './fault-script.ts'

const CENTURY_MS = 100 * 366 * 86_400_000

// CCP is Yuntongxun in the name of its company, and SNS is a service of AWS; tests use both names.
const OTHER_NAMES = new Map([
  ['yuntongxun', 'ccp'],
  ['aws', 'sns'],
])

const ClockShift = Type.Object(
  { advance_ms: Type.Integer({ minimum: -CENTURY_MS, maximum: CENTURY_MS }) },
  { additionalProperties: false },
)

const RecipientQuery = Type.Object({ to: Type.Optional(Type.String()) }, { additionalProperties: false })

type ControlDeps = {
  clock: Clock
  delivery: MessageDelivery
  mailbox: Arrivals<Mail>
  mailFaults: FaultScript<MailFault>
  outbox: Arrivals<Message>
  receiptLog: DeliveryReceiptLog
  sequence: Sequence
  vendorFaults: FaultScript<VendorFault>
  vendors: readonly Vendor[]
}

export function addControlRoutes(parent: FastifyInstance, deps: ControlDeps): void {
  void parent.register(
    (scope, _options, done) => {
      acceptEmptyJson(scope)
      scope.setErrorHandler<FastifyError>((error, request, reply) => {
        const status = error.statusCode ?? 500
        if (status >= 500) request.log.error(error)
        return reply.code(status).send({ error: status >= 500 ? 'the simulator failed' : error.message })
      })
      addStateRoutes(scope, deps)
      const { vendors, vendorFaults, mailFaults } = deps
      addFaultRoutes(scope, '/script', {
        script: vendorFaults,
        gateways: [...vendors.map(({ name }) => name), ...OTHER_NAMES.keys()],
        targetOf(gateway = '') {
          const name = OTHER_NAMES.get(gateway) ?? gateway
          const vendor = vendors.find((one) => one.name === name)
          return vendor === undefined ? null : faultTargetOf(vendor)
        },
      })
      addFaultRoutes(scope, '/mail_script', {
        script: mailFaults,
        gateways: [],
        targetOf: (gateway) => (gateway === undefined ? MAIL_TARGET : null),
      })
      addEventStream(scope, deps)
      done()
    },
    { prefix: '/_sim' },
  )
}

function addStateRoutes(scope: FastifyInstance, deps: ControlDeps): void {
  const { clock, delivery, mailbox, mailFaults, outbox, receiptLog, vendorFaults, vendors } = deps
  const app = scope.withTypeProvider<TypeBoxTypeProvider>()

  app.post('/clock', { schema: { body: ClockShift } }, (request, reply) => {
    clock.advance(request.body.advance_ms)
    return reply.send({ now: clock.now(), offset_ms: clock.offsetMs() })
  })

  app.post('/reset', (_request, reply) => {
    delivery.cancelAll()
    for (const store of [outbox, mailbox, receiptLog, clock, ...vendors]) store.reset()
    for (const script of [vendorFaults, mailFaults]) script.clear()
    return reply.send({ reset: true })
  })

  for (const [path, store] of [
    ['/outbox', outbox],
    ['/mails', mailbox],
    ['/receipts', receiptLog],
  ] as const) {
    app.get(path, { schema: { querystring: RecipientQuery } }, (request, reply) =>
      reply.send(store.list(recipientOf(request.query.to))),
    )
  }
}

/** Many clients name JSON as the type of a body that they do not send. */
function acceptEmptyJson(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, parsed) => {
    if (body === '') parsed(null)
    else void parseJson(request, typeof body === 'string' ? body : body.toString('utf8'), parsed)
  })
}
