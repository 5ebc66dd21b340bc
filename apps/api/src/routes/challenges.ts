import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ApiDeps } from '../server.ts'
import { Challenge } from '../captcha/proofs.ts'
import { Envelope } from '../http/schemas.ts'

/** `GET /v1/challenges`: work for a browser, instead of a picture or beside it. */
export const challenges: FastifyPluginAsyncTypebox<ApiDeps> = async (app, deps) => {
  const { limiters, proofs, metrics, whoIs } = deps
  app.get(
    '/v1/challenges',
    {
      schema: {
        summary: 'A proof of work',
        description:
          'In the format of altcha: what its widget makes of this is the `proof` of a send, good once and for 300 seconds. Counts as an image code.',
        tags: ['browser'],
        response: { 200: Challenge, 429: Envelope, 503: Envelope },
      },
    },
    async (request) => {
      await limiters.images(whoIs(request.ip).address)
      const challenge = await proofs.issue()
      metrics.captcha('proof', 'issued')
      return challenge
    },
  )
}
