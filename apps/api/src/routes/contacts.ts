import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { maskMobile } from '@sms-codes/core/mobile'
import { envelope, languageOf, Refusal } from '../http/answers.ts'
import { requireApiKey } from '../http/api-keys.ts'
import type { ApiDeps } from '../server.ts'
import { Envelope, Mobile } from '../http/schemas.ts'

/** Narrower than the standards: nothing that a mail program could take for more than one plain address. */
const EMAIL_PATTERN =
  '^(?=.{1,64}@)[A-Za-z0-9_+-]+(\\.[A-Za-z0-9_+-]+)*@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z]{2,63}$'

// So much a back end's clock may be ahead of ours.
const CLOCKS_DIFFER_MS = 10_000

/** What a back end tells us about a phone, and how it makes us forget the phone. */
export const contacts: FastifyPluginAsyncTypebox<ApiDeps> = async (app, deps) => {
  const onRequest = requireApiKey(deps.apiKeys)
  const about = { tags: ['backend'], security: [{ apiKey: [] }], params: Type.Object({ mobile: Mobile }) }

  app.put(
    '/v1/contacts/:mobile',
    {
      onRequest,
      schema: {
        ...about,
        summary: 'The e-mail address a phone may fall back to',
        body: Type.Object(
          {
            email: Type.String({ pattern: EMAIL_PATTERN, maxLength: 254 }),
            verified_at: Type.Union([Type.String({ format: 'date-time' }), Type.String({ format: 'date' })], {
              description: 'when its owner proved it to you',
            }),
          },
          { additionalProperties: false },
        ),
        response: { 204: Type.Null(), 400: Envelope, 401: Envelope, 503: Envelope },
      },
    },
    async (request, reply) => {
      const { email, verified_at } = request.body
      const at = Date.parse(verified_at)
      if (!(at <= Date.now() + CLOCKS_DIFFER_MS)) throw new Refusal('param')
      const { mobile } = request.params
      await deps.contacts.put(mobile, { email, verifiedAt: new Date(at).toISOString() })
      request.log.info({ backend: request.backend, mobile: maskMobile(mobile) }, 'contact stored')
      return reply.status(204).send(null)
    },
  )

  app.delete(
    '/v1/contacts/:mobile',
    {
      onRequest,
      schema: {
        ...about,
        summary: 'Erase everything held about a phone',
        response: {
          200: Type.Object({
            code: Type.Literal('0'),
            errmsg: Type.String(),
            erased: Type.Array(Type.String(), {
              description: 'what there was, as code:login, sends, contact',
            }),
          }),
          400: Envelope,
          401: Envelope,
          503: Envelope,
        },
      },
    },
    async (request) => {
      const { mobile } = request.params
      const erased = await deps.contacts.erase(mobile, deps.scenes)
      request.log.info({ backend: request.backend, mobile: maskMobile(mobile) }, 'phone erased')
      const { errmsg } = envelope('ok', languageOf(request.headers['accept-language']))
      return { code: '0' as const, errmsg, erased }
    },
  )
}
