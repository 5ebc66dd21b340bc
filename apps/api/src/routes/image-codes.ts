import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { UUID_PATTERN } from '../captcha/store.ts'
import type { ApiDeps } from '../app.ts'
import { Envelope } from '../schemas.ts'

/** `GET /image_codes/:uuid/`: draws an image code and remembers its text for 300 seconds. */
export const imageCodes: FastifyPluginAsyncTypebox<ApiDeps> = async (app, deps) => {
  app.get(
    '/image_codes/:uuid',
    {
      schema: {
        summary: 'An image code',
        description: 'A PNG of 160x60. The uuid is of your making and names this picture when you answer it.',
        tags: ['browser'],
        params: Type.Object({ uuid: Type.String({ pattern: UUID_PATTERN }) }),
        produces: ['image/png'],
        response: {
          200: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }),
          400: Envelope,
          429: Envelope,
          503: Envelope,
        },
      },
    },
    async (request, reply) => {
      await deps.limiters.images(deps.whoIs(request.ip).address)
      const image = await deps.captchas.issue(request.params.uuid)
      return reply.type('image/png').send(image)
    },
  )
}
