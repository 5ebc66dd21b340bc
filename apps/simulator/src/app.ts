// Builds the simulator: the vendors' HTTP endpoints, the control API under /_sim, the demo page and an SMTP server.
// The simulator imports nothing of the product, so it cannot share the product's mistakes.
import fastify, { LogController, type FastifyInstance } from 'fastify'
import { createClock } from './clock.ts'
import type { Config } from './config.ts'
import { createArrivals, createSequence } from './control/arrivals.ts'
import { addControlRoutes } from './control/control-routes.ts'
import { createFaultScript } from './control/fault-script.ts'
import { addBackEnd } from './demo/back-end.ts'
import { servePage } from './demo/serve-page.ts'
import type { MailFault } from './mail/mail-faults.ts'
import { createMailServer } from './mail/mail-server.ts'
import type { Mail } from './mail/read-mail.ts'
import { createMessageDelivery } from './receipts/deliver-messages.ts'
import { createDeliveryReceiptLog } from './receipts/delivery-receipt-log.ts'
import { createVendors, separateAliyunFromPage } from './vendors/list-vendors.ts'
import type { Message } from './vendors/message.ts'
import type { VendorFault } from './vendors/vendor-faults.ts'
import { addVendorRoutes } from './vendors/vendor-routes.ts'

const OUTBOX_CAPACITY = 50_000
const MAILBOX_CAPACITY = 5_000

export function buildApp(config: Config): FastifyInstance {
  const app = fastify({
    logger: { level: config.LOG_LEVEL },
    // Request lines would put phone numbers and codes into the log.
    logController: new LogController({ disableRequestLogging: true }),
    // Hanging requests and event streams never end on their own.
    forceCloseConnections: true,
    rewriteUrl: separateAliyunFromPage,
    ajv: { customOptions: { allErrors: true, removeAdditional: false, coerceTypes: false } },
  })

  const clock = createClock()
  const sequence = createSequence()
  const outbox = createArrivals<Message>({ capacity: OUTBOX_CAPACITY, sequence })
  const mailbox = createArrivals<Mail>({ capacity: MAILBOX_CAPACITY, sequence })
  const vendorFaults = createFaultScript<VendorFault>()
  const mailFaults = createFaultScript<MailFault>()
  const receiptLog = createDeliveryReceiptLog({ capacity: OUTBOX_CAPACITY })
  const mailServer = createMailServer({ clock, mailbox, faults: mailFaults })
  const vendors = createVendors({ clock, outbox, config })
  const delivery = createMessageDelivery(
    { clock, outbox, faults: vendorFaults, log: receiptLog, onError: (error) => app.log.error(error) },
    { pushesReceipts: config.CALLBACK_TOKEN !== '', delayMs: config.SIMULATOR_RECEIPT_DELAY_MS },
  )

  app.addHook('onReady', async () => {
    await mailServer.listen(config.SIMULATOR_SMTP_PORT, config.HOST)
    app.log.info(`simulator accepts mail on port ${mailServer.port()}`)
  })
  app.addHook('onClose', () => delivery.cancelAll())
  app.addHook('onClose', () => mailServer.close())

  app.get('/livez', () => ({ status: 'ok' }))
  addVendorRoutes(app, { endpoints: vendors.endpoints, faults: vendorFaults, delivery })
  addControlRoutes(app, {
    clock,
    delivery,
    mailbox,
    mailFaults,
    outbox,
    receiptLog,
    sequence,
    vendorFaults,
    vendors: vendors.list,
  })
  addBackEnd(app, { apiUrl: config.API_URL, apiKey: config.DEMO_API_KEY })
  servePage(
    app,
    { mailServer, sequence },
    {
      apiUrl: config.API_URL,
      gateways: config.SMS_GATEWAYS.split(',').map((name) => name.trim()),
      playsBackEnd: config.DEMO_API_KEY !== '',
    },
  )
  return app
}
