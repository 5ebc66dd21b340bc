import basicAuth from '@fastify/basic-auth'
import helmet, { type FastifyHelmetOptions } from '@fastify/helmet'
import type { Queue } from 'bullmq'
import Fastify, { LogController, type FastifyBaseLogger, type FastifyReply } from 'fastify'
import { bullBoard } from './bull-board.ts'
import { credentialsCheck, type Credentials } from './credentials.ts'
import { createErrorHandler } from './error-handler.ts'
import { maskAnswer } from './mask.ts'
import { createWriteGuard } from './writes.ts'

export type AppOptions = {
  log: FastifyBaseLogger
  queues: readonly Queue[]
  credentials: Credentials
  writable: boolean
  redisAway: () => boolean
}

/** The only path that needs no password. */
const OPEN = '/livez'

// The browser loads from this server only. TLS is the business of a proxy: the board speaks plain http, so it
// must neither ask for https nor have it remembered.
const HEADERS: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    directives: {
      'default-src': ["'none'"],
      'connect-src': ["'self'"],
      'font-src': ["'self'"],
      'form-action': ["'none'"],
      'frame-ancestors': ["'none'"],
      'style-src': ["'self'", "'unsafe-inline'"],
      'upgrade-insecure-requests': null,
    },
  },
  strictTransportSecurity: false,
  // With no referrer at all a browser may hide the origin that writes are judged by.
  referrerPolicy: { policy: 'same-origin' },
}

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

  await app.register(helmet, HEADERS)
  const isOperator = credentialsCheck(credentials)
  await app.register(basicAuth, {
    authenticate: { realm: 'sms-codes board' },
    validate: async (user, password) => {
      if (!isOperator({ user, password })) throw new Error('wrong credentials')
    },
  })
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('cache-control', 'no-store')
    if (request.routeOptions.url === OPEN) done()
    else app.basicAuth(request, reply, done)
  })
  app.addHook('onRequest', createWriteGuard({ log, queues, writable, user: credentials.user }))
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
