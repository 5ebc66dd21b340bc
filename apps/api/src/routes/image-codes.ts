import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { UUID_PATTERN } from '../captcha/store.ts'
import type { ApiDeps } from '../compose.ts'
import { refusals } from '../http/schemas.ts'

type Needs = Pick<ApiDeps, 'callerOf' | 'captchas' | 'metrics' | 'rateLimits' | 'stepUp'>

const Png = Type.Unsafe<Buffer>({ type: 'string', format: 'binary', description: 'The picture.' })

/** `GET /image_codes/:uuid/`: draws an image code and stores its text for 300 seconds. */
export const imageCodeRoute: FastifyPluginAsyncTypebox<Needs> = async (app, deps) => {
  const { callerOf, captchas, metrics, rateLimits, stepUp } = deps
  app.get(
    '/image_codes/:uuid',
    {
      schema: {
        operationId: 'getImageCode',
        summary: 'Get an image code',
        description:
          'A PNG of 160x60 pixels, or of 190x60 pixels with five characters for an address that has made many attempts. You make up the uuid, and send it again with the answer.',
        tags: ['browser'],
        params: Type.Object({
          uuid: Type.String({
            pattern: UUID_PATTERN,
            description: 'a new text for every picture, for example a UUID',
            examples: ['9b2e4c1a-7d3f-4e5b-8a6c-0f1d2e3c4b5a'],
          }),
        }),
        security: [],
        response: { 200: Png, ...refusals(['param', 'tooManyRequests', 'storeDown', 'busy']) },
      },
    },
    async (request, reply) => {
      const attempts = await rateLimits.takePicture(callerOf(request))
      const image = await captchas.issue(request.params.uuid, stepUp.pictureLength(attempts + 1))
      metrics.captchas.inc({ kind: 'picture', event: 'issued' })
      // An isolated page (Cross-Origin-Embedder-Policy) of another origin shows the picture only with this header.
      return reply.type('image/png').header('cross-origin-resource-policy', 'cross-origin').send(image)
    },
  )
}
