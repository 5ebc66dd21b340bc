// The simulator as one Fastify instance: the vendors' addresses, the test's controls and the demo page, and a mail server
// beside it. It imports nothing of the code under test, so a mistake in one is not repeated in the other.
import fastify, { LogController, type FastifyInstance } from 'fastify'
import { createClock } from './clock.ts'
import type { Config } from './config.ts'
import { addControlRoutes } from './control/control.ts'
import { addDemoContact } from './demo/demo-contact.ts'
import { createFaultScript } from './control/fault-script.ts'
import { createMailScript } from './mail/mail-script.ts'
import { createMailSink } from './mail/mail-sink.ts'
import { createMailbox } from './mail/mailbox.ts'
import { createOutbox } from './control/outbox.ts'
import { addPage } from './demo/page.ts'
import { createCourier } from './receipts/courier.ts'
import { createReceiptLog } from './receipts/receipt-log.ts'
import { createSequence } from './vendors/sequence.ts'
import { addVendorRoutes } from './vendors/vendor-route.ts'
import { createVendors, tellAliyunFromPage } from './vendors/list-vendors.ts'

const OUTBOX_CAPACITY = 50_000
const MAILBOX_CAPACITY = 5_000

export function buildApp(config: Config): FastifyInstance {
  const app = fastify({
    logger: { level: config.LOG_LEVEL },
    // Addresses and bodies hold numbers and codes.
    logController: new LogController({ disableRequestLogging: true }),
    // Hung requests and event streams never end by themselves.
    forceCloseConnections: true,
    rewriteUrl: tellAliyunFromPage,
    ajv: { customOptions: { allErrors: true, removeAdditional: false, coerceTypes: false } },
  })

  const clock = createClock()
  const sequence = createSequence()
  const outbox = createOutbox({ capacity: OUTBOX_CAPACITY, sequence })
  const mailbox = createMailbox({ capacity: MAILBOX_CAPACITY, sequence })
  const mailScript = createMailScript()
  const mailSink = createMailSink({ clock, mailbox, script: mailScript })
  const receipts = createReceiptLog({ capacity: OUTBOX_CAPACITY })
  const script = createFaultScript()
  const vendors = createVendors({ clock, outbox }, config)
  const courier = createCourier(
    { clock, outbox, script, log: receipts, onError: (error) => app.log.error(error) },
    { pushes: config.CALLBACK_TOKEN !== '', delayMs: config.SIMULATOR_RECEIPT_DELAY_MS },
  )
  app.addHook('onClose', () => courier.stop())

  app.addHook('onReady', async () => {
    await mailSink.listen(config.SIMULATOR_SMTP_PORT, config.HOST)
    app.log.info(`simulator takes mail on port ${mailSink.port()}`)
  })
  app.addHook('onClose', () => mailSink.close())

  app.get('/livez', () => ({ status: 'ok' }))
  addVendorRoutes(app, { addresses: vendors.addresses, script, courier })
  addControlRoutes(app, {
    clock,
    courier,
    mailbox,
    mailScript,
    outbox,
    receipts,
    script,
    sequence,
    vendors: vendors.list,
  })
  addDemoContact(app, { apiUrl: config.API_URL, apiKey: config.DEMO_API_KEY })
  addPage(
    app,
    { mailSink, sequence },
    {
      apiUrl: config.API_URL,
      gateways: config.SMS_GATEWAYS.split(',').map((name) => name.trim()),
      storesContacts: config.DEMO_API_KEY !== '',
    },
  )
  return app
}
