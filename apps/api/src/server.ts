import Fastify, { LogController, type FastifyBaseLogger, type FastifyRequest } from 'fastify'
import { randomId } from '@sms-codes/core/keyring'
import { createHttpServer } from '@sms-codes/core/process/http-server'
import { refuseUnderLoad } from './abuse/backpressure.ts'
import { composeApi, type ApiProcess } from './compose.ts'
import { createErrorHandler, notFoundHandler } from './http/error-handler.ts'
import { documentRoutes } from './http/documentation.ts'
import { retcodeOf } from './http/reply-retcode.ts'
import { createRequestLog } from './http/request-log.ts'
import { acceptJsonBodies, allowOrigins, requireHost } from './http/request-rules.ts'
import { traceRequests } from './http/request-spans.ts'
import { refuseExpectation, refuseUnreadable } from './http/unreadable-request.ts'
import { callbackRoutes } from './routes/callbacks.ts'
import { challengeRoute } from './routes/challenges.ts'
import { contactRoutes } from './routes/contacts.ts'
import { elementRoutes } from './routes/element.ts'
import { imageCodeRoute } from './routes/image-codes.ts'
import { keysRoute, redeemRoute } from './routes/redeem.ts'
import { requestStatusRoute } from './routes/request-status.ts'
import { sceneRoute } from './routes/scenes.ts'
import { sendCodeRoutes } from './routes/send-code.ts'
import { verifyRoute } from './routes/verify.ts'

const HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

const DOCUMENTS = /^\/(docs|openapi|element|\.well-known)/

/** The label of a request in metrics: its route. Documents, preflights, HEAD and unknown paths have one label. */
function routeLabel({ method, routeOptions: { url } }: FastifyRequest): string {
  if (url === undefined || ['HEAD', 'OPTIONS'].includes(method) || DOCUMENTS.test(url)) return 'other'
  return url
}

/** Builds the complete HTTP API without listening. */
export async function buildServer(parts: ApiProcess) {
  const { config, tracing = null } = parts
  const { deps, queues, keyring } = await composeApi(parts)
  const loggerInstance: FastifyBaseLogger = parts.log
  const errorHandler = createErrorHandler(deps.metrics)
  const app = Fastify({
    loggerInstance,
    // Fastify's own log lines would show the URL, which contains the number and the image code.
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: createRequestLog,
    requestIdHeader: false,
    // The id is unique across processes.
    genReqId: randomId,
    serverFactory: (handle) => createHttpServer(handle, { requireHostHeader: false }),
    // HEAD must not send messages.
    exposeHeadRoutes: false,
    bodyLimit: 4_096,
    forceCloseConnections: 'idle',
    // During a stop, Fastify's own 503 would not have our `Envelope` as its body.
    return503OnClosing: false,
    routerOptions: {
      ignoreTrailingSlash: true,
      maxParamLength: 100,
      // If the query repeats a parameter, its last value is used, so a value is never a list.
      querystringParser: (text) => Object.fromEntries(new URLSearchParams(text)),
    },
    // These errors occur before a route is found, so no hook adds the headers.
    frameworkErrors: (err, request, reply) => errorHandler(err, request, reply.headers(HEADERS)),
    clientErrorHandler: refuseUnreadable(HEADERS),
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, allErrors: false, useDefaults: 'empty' },
    },
  })

  acceptJsonBodies(app)
  app.setErrorHandler(errorHandler)
  app.setNotFoundHandler(notFoundHandler)
  if (tracing !== null) traceRequests(app, tracing)
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(HEADERS)
  })
  requireHost(app)
  app.server.on('checkExpectation', refuseExpectation(HEADERS))
  app.addHook('onResponse', async (request, reply) => {
    deps.metrics.answers.inc({ code: retcodeOf(reply) })
    deps.metrics.requestSeconds.observe({ route: routeLabel(request) }, reply.elapsedTime / 1000)
  })
  // A client that keeps its connection open during a stop would delay the stop for 72 seconds.
  app.addHook('onSend', async (_request, reply) => {
    if (!app.server.listening) reply.header('connection', 'close')
  })
  await allowOrigins(app, config.corsOrigins, config.policy.cors.headers)
  documentRoutes(app)
  await app.register(elementRoutes)
  await app.register(async (scope) => {
    refuseUnderLoad(scope, config.policy.overload, deps.metrics)
    await scope.register(imageCodeRoute, deps)
    await scope.register(challengeRoute, deps)
    await scope.register(sendCodeRoutes, deps)
  })
  await app.register(sceneRoute, deps)
  await app.register(requestStatusRoute, deps)
  await app.register(verifyRoute, deps)
  await app.register(keysRoute, deps)
  await app.register(redeemRoute, deps)
  await app.register(contactRoutes, deps)
  await app.register(callbackRoutes, deps)
  return { app, deps, queues, keyring }
}
