// The simulator as one Fastify instance: the vendor's address, the test's controls and the demo page. It imports
// nothing of the code under test, so a mistake in one is not repeated in the other.
import fastify, { LogController, type FastifyInstance } from 'fastify'
import { createCcp } from './ccp.ts'
import { createCcpLedger } from './ccp-ledger.ts'
import { addCcpRoute } from './ccp-route.ts'
import { createClock } from './clock.ts'
import type { Config } from './config.ts'
import { addControlRoutes } from './control.ts'
import { createFaultScript } from './fault-script.ts'
import { createOutbox } from './outbox.ts'
import { addPage } from './page.ts'

const OUTBOX_CAPACITY = 50_000

export function buildApp(config: Config): FastifyInstance {
  const app = fastify({
    logger: { level: config.LOG_LEVEL },
    // Addresses and bodies hold numbers and codes.
    logController: new LogController({ disableRequestLogging: true }),
    // Hung requests and event streams never end by themselves.
    forceCloseConnections: true,
    ajv: { customOptions: { allErrors: true, removeAdditional: false, coerceTypes: false } },
  })

  const clock = createClock()
  const outbox = createOutbox({ capacity: OUTBOX_CAPACITY })
  const ledger = createCcpLedger({ limits: config.SIMULATOR_VENDOR_LIMITS === 'on' })
  const script = createFaultScript()
  const ccp = createCcp(
    { clock, ledger, outbox },
    {
      accountSid: config.CCP_ACCOUNT_SID,
      authToken: config.CCP_AUTH_TOKEN,
      appId: config.CCP_APP_ID,
      templateId: config.CCP_TEMPLATE_ID,
      boundNumbers: config.SIMULATOR_BOUND_NUMBERS.split(',').flatMap((number) => number.trim() || []),
    },
  )

  app.get('/livez', () => ({ status: 'ok' }))
  addCcpRoute(app, { ccp, script })
  addControlRoutes(app, { clock, ledger, outbox, script })
  addPage(app, { outbox }, { apiUrl: config.API_URL })
  return app
}
