import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { UUID_PATTERN } from '../captcha/store.ts'
import type { ApiDeps } from '../server.ts'
import { Envelope } from '../http/schemas.ts'

/** `GET /image_codes/:uuid/`: draws an image code and remembers its text for 300 seconds. */
export const imageCodes: FastifyPluginAsyncTypebox<ApiDeps> = async (app, deps) => {
  app.get(
    '/image_codes/:uuid',
    {
      schema: {
        summary: 'An image code',
        description:
          'A PNG of 160x60, or 190x60 with five characters for an address that tried often. The uuid is of your making and names this picture when you answer it.',
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
      const { address } = deps.whoIs(request.ip)
      const [answered] = await Promise.all([deps.limiters.answered(address), deps.limiters.images(address)])
      const length = deps.heatOf(answered + 1) === 'calm' ? 4 : 5
      const image = await deps.captchas.issue(request.params.uuid, length)
      deps.metrics.captcha('picture', 'issued')
      return reply.type('image/png').send(image)
    },
  )
}
