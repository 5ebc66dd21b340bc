import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Challenge } from '../captcha/proofs.ts'
import type { ApiDeps } from '../compose.ts'
import { refusals } from '../http/schemas.ts'

type Needs = Pick<ApiDeps, 'callerOf' | 'metrics' | 'proofs' | 'rateLimits'>

/** `GET /v1/challenges`: issues a challenge for a proof of work. */
export const challengeRoute: FastifyPluginAsyncTypebox<Needs> = async (app, deps) => {
  const { callerOf, metrics, proofs, rateLimits } = deps
  app.get(
    '/v1/challenges',
    {
      schema: {
        operationId: 'getChallenge',
        summary: 'Get a challenge for a proof of work',
        description:
          'In the format of altcha. What its widget makes of the challenge is the `proof` of a send. A proof is valid once and for 300 seconds. A challenge counts as an image code.',
        tags: ['browser'],
        security: [],
        response: { 200: Challenge, ...refusals(['tooManyRequests', 'storeDown', 'busy']) },
      },
    },
    async (request) => {
      await rateLimits.take('images', callerOf(request))
      const challenge = await proofs.issue()
      metrics.captchas.inc({ kind: 'proof', event: 'issued' })
      return challenge
    },
  )
}
