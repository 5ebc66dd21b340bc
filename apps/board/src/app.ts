import basicAuth from '@fastify/basic-auth'
import type { Queue } from 'bullmq'
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import { bullBoard } from './bull-board.ts'
import { credentialsCheck, type Credentials } from './credentials.ts'
import { createErrorHandler } from './error-handler.ts'
import { HEADERS } from './headers.ts'
import { maskAnswer } from './mask.ts'
import { isWrite, writeRefusal } from './writes.ts'

export type AppOptions = {
  log: FastifyBaseLogger
  queues: readonly Queue[]
  credentials: Credentials
  writable: boolean
  redisAway: () => boolean
}

/** The only path that needs no password. */
const OPEN = '/livez'

// Bull Board's page wants Google's fonts. It does without them: where Google is blocked they only delay it.
const OUTSIDE_LINK = /<link\b[^>]*\bhref="https?:[^>]*>/g

/** The board, complete but not listening. Whatever is registered here is behind the password, save OPEN. */
export async function buildApp({ log, queues, credentials, writable, redisAway }: AppOptions) {
  const errorHandler = createErrorHandler(redisAway)
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    requestIdHeader: false,
    exposeHeadRoutes: false,
    bodyLimit: 4_096,
    requestTimeout: 10_000,
    connectionTimeout: 10_000,
    handlerTimeout: 10_000,
    forceCloseConnections: 'idle',
    frameworkErrors: errorHandler,
  })
  app.removeContentTypeParser('text/plain')
  app.setErrorHandler(errorHandler)

  const isOperator = credentialsCheck(credentials)
  await app.register(basicAuth, {
    authenticate: { realm: 'sms-codes board' },
    validate: async (user, password) => {
      if (!isOperator({ user, password })) throw new Error('wrong credentials')
    },
  })
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(HEADERS)
    if (request.routeOptions.url === OPEN) done()
    else app.basicAuth(request, reply, done)
  })
  app.addHook('onRequest', async (request, reply) => {
    if (!isWrite(request)) return
    const { method } = request
    const route = request.routeOptions.url ?? 'none'
    const write = { method, route, queue: queueOf(request, queues), user: credentials.user }
    const refusal = writeRefusal(request, writable)
    if (refusal === null) {
      // Before the act, so that no crash can hide it.
      log.info(write, 'board write')
      return
    }
    log.warn({ ...write, why: refusal.why }, 'board write refused')
    const key = refusal.status === 405 ? 'ERRORS.QUEUE_READ_ONLY' : 'ERRORS.FORBIDDEN'
    await reply.code(refusal.status).send({ error: { key } })
  })
  // Whatever Bull Board or an error handler answers in JSON comes through here.
  app.addHook('preSerialization', async (_request, _reply, payload) => maskAnswer(payload))
  app.addHook('onSend', async (_request, reply, payload) =>
    typeof payload === 'string' && isHtml(reply) ? payload.replace(OUTSIDE_LINK, '') : payload,
  )
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'not found' }))

  app.get(OPEN, async () => 'ok\n')
  await app.register(bullBoard(queues, writable))
  return app
}

function isHtml(reply: FastifyReply): boolean {
  return String(reply.getHeader('content-type')).startsWith('text/html')
}

/** By its own name, never by what stands in the URL. */
function queueOf({ params }: FastifyRequest, queues: readonly Queue[]): string {
  if (typeof params !== 'object' || params === null || !('queueName' in params)) return 'all'
  return queues.find(({ name }) => name === params.queueName)?.name ?? 'unknown'
}
