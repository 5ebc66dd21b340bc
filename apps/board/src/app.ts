import basicAuth from '@fastify/basic-auth'
import helmet from '@fastify/helmet'
import type { Queue } from 'bullmq'
import type { Registry } from 'prom-client'
import Fastify, { LogController, type FastifyBaseLogger } from 'fastify'
import { createAudit } from '@sms-codes/core/limits/audit'
import { createClientAddress } from '@sms-codes/core/limits/forwarded-for'
import { createHttpServer } from '@sms-codes/core/process/http-server'
import { reportReady } from '@sms-codes/core/process/readiness'
import { EVERY_SMS_QUEUE, holdsJobs, smsQueues } from '@sms-codes/core/queues/shards'
import { asStoreError, type RedisClient } from '@sms-codes/core/redis/connect'
import { createBasePathCutter } from './base-path.ts'
import { bullBoard, readOnlyView } from './bull-board.ts'
import { createErrorHandler } from './error-handler.ts'
import { adaptPage, HEADERS } from './headers.ts'
import { createLogin, operatorOf, type Operator } from './login.ts'
import { maskAnswer } from './mask.ts'
import { messages, type MessagesDeps } from './messages/routes.ts'
import { createBoardMetrics, routeLabel } from './metrics.ts'
import { createWriteGuard } from './writes.ts'

type AppOptions = {
  log: FastifyBaseLogger
  /** A connection of the kind `producer`; the queues use the same kind. */
  redis: RedisClient
  registry: Registry
  queues: readonly Queue[]
  shards: number
  operators: readonly Operator[]
  basePath: string
  trustProxy: string[]
  messages: Omit<MessagesDeps, 'redis' | 'basePath' | 'shards'>
}

/** The only paths that need no password. Their answers show only whether the board is alive or ready, or why not. */
const OPEN = ['/livez', '/readyz']

/** Builds the board without listening. Every route needs a password, except those in OPEN. */
export async function buildApp(options: AppOptions) {
  const { log, redis, registry, queues, shards, operators, basePath, trustProxy } = options
  const metrics = createBoardMetrics(registry)
  const clientAddress = createClientAddress(trustProxy)
  const errorHandler = createErrorHandler(() => redis.status !== 'ready', clientAddress)
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    requestIdHeader: false,
    exposeHeadRoutes: false,
    serverFactory: createHttpServer,
    // For X-Forwarded-Host (writes.ts). createClientAddress reads X-Forwarded-For.
    trustProxy,
    rewriteUrl: createBasePathCutter(basePath),
    bodyLimit: 4_096,
    handlerTimeout: 10_000,
    forceCloseConnections: 'idle',
    // Hooks do not run for a malformed path, so this handler checks the password before it answers.
    frameworkErrors: (err, request, reply) =>
      request.server.basicAuth(request, reply, (refused) => errorHandler(refused ?? err, request, reply)),
  })
  app.removeContentTypeParser('text/plain')
  app.setErrorHandler(errorHandler)
  await app.register(helmet, HEADERS)
  const authenticate = { realm: 'sms-codes board' }
  await app.register(basicAuth, {
    authenticate,
    validate: createLogin(operators, clientAddress, metrics.logins),
  })
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('cache-control', 'no-store')
    if (OPEN.includes(request.routeOptions.url ?? '')) done()
    else app.basicAuth(request, reply, done)
  })
  const writes = createWriteGuard({ log, queues, audit: createAudit(redis), writes: metrics.writes })
  app.addHook('onRequest', writes.onRequest)
  app.addHook('onSend', writes.onSend)
  app.addHook('onResponse', async ({ method, routeOptions: { url } }, reply) => {
    metrics.requestSeconds.observe({ route: routeLabel({ method, url }) }, reply.elapsedTime / 1000)
  })
  // This hook gets every JSON answer, also those of Bull Board and of the error handler.
  app.addHook('preSerialization', async (request, _reply, payload) => {
    const masked = maskAnswer(payload)
    return operatorOf(request)?.mayWrite === true ? masked : readOnlyView(masked)
  })
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'not found' }))

  const isReady = async () => {
    const answer = await asStoreError('ping', redis.ping()).catch(() => null)
    return answer !== null
  }
  app.get('/livez', { exposeHeadRoute: true }, async () => 'ok\n')
  app.get('/readyz', { exposeHeadRoute: true }, async (_request, reply) => {
    return (await isReady()) ? 'ready\n' : reply.code(503).send('redis does not answer\n')
  })
  reportReady(registry, isReady)
  app.get('/metrics', async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  )
  const writable = operators.some(({ mayWrite }) => mayWrite)
  const own = smsQueues(shards)
  const isShown = async (queue: string) =>
    own.includes(queue) || !EVERY_SMS_QUEUE.includes(queue) || holdsJobs(redis, queue)
  await app.register(async (scope) => {
    scope.addHook('onSend', async (_request, reply, payload) => {
      const isPage = String(reply.getHeader('content-type')).startsWith('text/html')
      return isPage && typeof payload === 'string' ? adaptPage(payload) : payload
    })
    await scope.register(bullBoard({ queues, isShown, writable, basePath }))
  })
  await app.register(messages, { redis, basePath, shards, ...options.messages })
  return app
}
