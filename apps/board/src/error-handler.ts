import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ClientAddress } from '@sms-codes/core/limits/forwarded-for'
import { scrub } from '@sms-codes/core/mobile'
import { StoreError } from '@sms-codes/core/redis/connect'

type BoardError = Error & { statusCode?: number | undefined; retryAfter?: number }

/**
 * Turns every error into an answer. Bull Board's page shows `error.key` in the operator's language. Every request
 * that needs a login and has none gets the same 401.
 * @param redisAway returns whether the connection to Redis is down
 */
export function createErrorHandler(redisAway: () => boolean, clientAddress: ClientAddress) {
  return (err: BoardError, request: FastifyRequest, reply: FastifyReply): void => {
    const { statusCode: status = 500, retryAfter } = err
    if (retryAfter !== undefined) {
      void reply.code(status).header('retry-after', retryAfter).send({ error: err.message })
    } else if (status === 401) {
      // The first request of a browser has no credentials, so only wrong credentials are logged.
      if (request.headers.authorization !== undefined)
        request.log.warn({ ip: clientAddress(request.raw) }, 'login failed')
      void reply.code(401).send({ error: 'unauthorized' })
    } else if (status < 500) {
      void reply.code(status).send({ error: 'bad request' })
    } else if (isOutage(err, redisAway())) {
      void reply.code(503).send({ error: { key: 'ERRORS.REDIS_UNAVAILABLE' } })
    } else {
      request.log.error({ err }, 'board error')
      const error = { key: 'ERRORS.INTERNAL_SERVER_ERROR' }
      void reply.code(500).send({ error, message: scrub(err.message) })
    }
  }
}

/** Whether a request failed because Redis does not answer. */
export const isOutage = (err: BoardError, redisAway: boolean): boolean =>
  (err.statusCode ?? 500) >= 500 && (redisAway || err instanceof StoreError || /timed out/i.test(err.message))
