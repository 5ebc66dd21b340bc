import cors from '@fastify/cors'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { LogController } from 'fastify'
import type { CodeStore } from '@sms-codes/core/codes/code-store'
import type { DeliveryReceipts } from '@sms-codes/core/queues/delivery-receipts'
import type { Contacts } from '@sms-codes/core/codes/contacts'
import type { Logger } from '@sms-codes/core/logger'
import type { SendQueue } from '@sms-codes/core/queues/send-queue'
import type { FallbackRules } from '@sms-codes/core/config/scenes'
import type { SendLedger } from '@sms-codes/core/codes/send-ledger'
import { randomId } from '@sms-codes/core/keyring'
import type { Tracing } from '@sms-codes/core/process/tracing'
import type { Backlog } from './abuse/backpressure.ts'
import type { Callback } from './callbacks/callback.ts'
import type { Proofs } from './captcha/proofs.ts'
import type { Captchas } from './captcha/store.ts'
import { refuseUnreadable } from './http/unreadable-request.ts'
import type { ApiConfig } from './config/config.ts'
import { createErrorHandler, notFoundHandler } from './http/error-handler.ts'
import type { Gate } from './abuse/rate-limits.ts'
import type { Guard } from './abuse/pumping-guard.ts'
import type { HeatOf } from './abuse/step-up.ts'
import type { Idempotency } from './http/idempotency.ts'
import type { Limiters } from './abuse/limiters.ts'
import type { ApiMetrics } from './metrics.ts'
import { shedUnderPressure, type PressureLimits } from './abuse/pressure.ts'
import type { Receipts } from './receipts/receipts.ts'
import type { Screen } from './abuse/allow-deny-lists.ts'
import { callbackRoutes } from './routes/callbacks.ts'
import { challenges } from './routes/challenges.ts'
import { contacts } from './routes/contacts.ts'
import { imageCodes } from './routes/image-codes.ts'
import { redeem } from './routes/redeem.ts'
import { requestStatus } from './routes/request-status.ts'
import { smsCodes } from './routes/send-code.ts'
import { verify } from './routes/verify.ts'
import type { TestNumbers } from './test-numbers.ts'
import { traceRequests } from './http/request-spans.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The classic call: HTTP 200 for every outcome of the business. */
    classic?: boolean
  }
  interface FastifyRequest {
    /** The name of the API key the request came with. */
    backend: string
  }
  interface FastifyReply {
    retcode: string
  }
}

/** Everything a route may use. */
export type ApiDeps = Pick<ApiConfig, 'corsOrigins' | 'apiKeys'> & {
  scenes: readonly string[]
  codeLength: (scene: string) => number
  captchas: Captchas
  proofs: Proofs
  heatOf: HeatOf
  limiters: Limiters
  screen: Screen
  guard: Guard
  gate: Gate
  backlog: Backlog
  codes: CodeStore
  queue: SendQueue
  ledger: Pick<SendLedger, 'settleUnclaimed' | 'report'>
  /** The producer's side of the `email` queue. */
  mails: SendQueue
  rules: FallbackRules
  deliveryReceipts: DeliveryReceipts
  callbacks: ReadonlyMap<string, Callback>
  callbackToken: string
  callbackAddresses: readonly string[]
  metrics: ApiMetrics
  testNumbers: TestNumbers
  receipts: Receipts
  contacts: Contacts
  idempotency: Idempotency
  /** The pseudonyms under which a client address is counted. */
  whoIs: (ip: string) => { address: string; subnet: string }
}

export type AppOptions = {
  log: Logger
  trustProxy: string[]
  pressure: PressureLimits
  tracing: Tracing | null
  deps: ApiDeps
}

const HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** The HTTP API, complete but not listening. */
export async function buildApp({ log, trustProxy, pressure, tracing, deps }: AppOptions) {
  const errorHandler = createErrorHandler(deps.metrics)
  const app = Fastify({
    loggerInstance: log,
    // Fastify's own lines hold the URL, and with it the number and the image code.
    logController: new LogController({ disableRequestLogging: true }),
    requestIdHeader: false,
    // In the lines of several processes none is like another.
    genReqId: randomId,
    trustProxy: trustProxy.length > 0 ? trustProxy : false,
    // HEAD must not send messages.
    exposeHeadRoutes: false,
    bodyLimit: 4_096,
    requestTimeout: 10_000,
    // Node looks for late requests every 30 seconds if not told, and where the time for headers is longer than
    // that for the request (60 seconds if not told) it swaps the two.
    http: { connectionsCheckingInterval: 1_000, headersTimeout: 10_000 },
    connectionTimeout: 10_000,
    forceCloseConnections: 'idle',
    routerOptions: {
      ignoreTrailingSlash: true,
      maxParamLength: 100,
      // The last of a repeated key counts, and it is never a list.
      querystringParser: (text) => Object.fromEntries(new URLSearchParams(text)),
    },
    // Before a route is found no hook runs.
    frameworkErrors: (err, request, reply) => errorHandler(err, request, reply.headers(HEADERS)),
    clientErrorHandler: refuseUnreadable(HEADERS),
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: false } },
  }).withTypeProvider<TypeBoxTypeProvider>()

  app.removeContentTypeParser(['text/plain', 'application/json'])
  // JSON is UTF-8; a body said to be in another charset may mean something else to whoever sent it.
  app.addContentTypeParser(
    /^application\/json(; charset="utf-?8")?$/i,
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  )
  app.decorateRequest('backend', '')
  app.decorateReply('retcode', '0')
  app.setErrorHandler(errorHandler)
  app.setNotFoundHandler(notFoundHandler)
  if (tracing !== null) {
    const traced = traceRequests(tracing)
    app.addHook('onRequest', traced.onRequest)
    app.addHook('preValidation', traced.preValidation)
    app.addHook('onResponse', traced.onResponse)
  }
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(HEADERS)
  })
  app.addHook('onResponse', async (request, reply) => {
    deps.metrics.answered(request.method, request.routeOptions.url ?? 'none', reply.retcode)
  })
  await app.register(cors, {
    // Off for all others: their OPTIONS is answered like that of any route there is not.
    origin: async (origin?: string) => deps.corsOrigins.find((allowed) => allowed === origin) ?? false,
    strictPreflight: false,
    methods: ['GET', 'POST'],
    allowedHeaders: ['content-type', 'idempotency-key'],
    exposedHeaders: ['idempotent-replayed', 'retry-after'],
    maxAge: 600,
  })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'sms-codes', version: '1', description: 'SMS verification codes' },
      components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
    },
  })
  await app.register(swaggerUi, { routePrefix: '/docs' })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  await app.register(async (scope) => {
    await shedUnderPressure(scope, pressure, deps.metrics)
    await scope.register(imageCodes, deps)
    await scope.register(challenges, deps)
    await scope.register(smsCodes, deps)
  })
  await app.register(requestStatus, deps)
  await app.register(verify, deps)
  await app.register(redeem, deps)
  await app.register(contacts, deps)
  await app.register(callbackRoutes, deps)
  return app
}
