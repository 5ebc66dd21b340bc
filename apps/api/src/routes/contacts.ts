import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { maskMobile } from '@sms-codes/core/mobile'
import type { ApiDeps } from '../compose.ts'
import { envelope, Refusal } from '../http/answers.ts'
import { BACK_END_ERRORS, Mobile, SUCCESS_FIELDS } from '../http/schemas.ts'

type Needs = Pick<ApiDeps, 'backEnds' | 'contacts' | 'normaliseFields' | 'scenes' | 'servedNumber'>

/**
 * The rule of browsers for `<input type=email>` (WHATWG HTML), with at most 64 characters before the `@`. The permitted
 * characters cannot end a header or an address, so a value is always one plain address.
 */
const EMAIL_PATTERN =
  "^(?=.{1,64}@)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\\-]+@[A-Za-z0-9]([A-Za-z0-9\\-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9\\-]{0,61}[A-Za-z0-9])?)*$"

const CLOCK_SKEW_MS = 10_000

const Erased = Type.Object({
  ...SUCCESS_FIELDS,
  erased: Type.Array(Type.String(), {
    description: 'what was erased, for example code:login, sends, contact',
  }),
})

/** Lets a back end store the e-mail address of a phone, and erase all data about a phone. */
export const contactRoutes: FastifyPluginAsyncTypebox<Needs> = async (
  app,
  { backEnds, contacts, normaliseFields, scenes, servedNumber },
) => {
  const onRequest = backEnds.requireScope('contacts')
  const about = { tags: ['backend'], security: [{ apiKey: [] }], params: Type.Object({ mobile: Mobile }) }

  app.put(
    '/v1/contacts/:mobile',
    {
      onRequest,
      preValidation: normaliseFields,
      schema: {
        ...about,
        summary: 'Store the e-mail address that a phone may fall back to',
        body: Type.Object(
          {
            email: Type.String({
              pattern: EMAIL_PATTERN,
              maxLength: 254,
              description: 'in ASCII; a domain in another script is written as xn--…, as browsers do',
            }),
            verified_at: Type.Union([Type.String({ format: 'date-time' }), Type.String({ format: 'date' })], {
              description: 'when the owner of the phone proved the address to you',
            }),
          },
          { additionalProperties: false },
        ),
        response: { 204: Type.Null(), ...BACK_END_ERRORS },
      },
    },
    async (request, reply) => {
      const { email, verified_at } = request.body
      const at = Date.parse(verified_at)
      if (!(at <= Date.now() + CLOCK_SKEW_MS)) throw new Refusal('param')
      const { mobile } = servedNumber(request.params.mobile)
      await contacts.put(mobile, { email, verifiedAt: new Date(at).toISOString() })
      request.log.info({ mobile: maskMobile(mobile) }, 'contact stored')
      return reply.status(204).send(null)
    },
  )

  app.delete(
    '/v1/contacts/:mobile',
    {
      onRequest,
      preValidation: normaliseFields,
      schema: {
        ...about,
        summary: 'Erase all data about a phone',
        response: { 200: Erased, ...BACK_END_ERRORS },
      },
    },
    async (request) => {
      const { mobile } = request.params
      const erased = await contacts.erase(mobile, scenes)
      request.log.info({ mobile: maskMobile(mobile) }, 'phone erased')
      return { ...envelope('ok', request.headers['accept-language']), erased }
    },
  )
}
