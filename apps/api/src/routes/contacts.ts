import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { maskMobile } from '@sms-codes/core/mobile'
import type { ApiDeps } from '../compose.ts'
import { envelope, Refusal } from '../http/answers.ts'
import { BACK_END, Mobile, refusals, SUCCESS_FIELDS } from '../http/schemas.ts'

type Needs = Pick<ApiDeps, 'backEnds' | 'contacts' | 'normaliseFields' | 'scenes' | 'servedNumber'>

/**
 * The rule of browsers for `<input type=email>` (WHATWG HTML), with at most 64 characters before the `@`. The permitted
 * characters cannot end a header or an address, so a value is always one plain address.
 */
const EMAIL_PATTERN =
  "^(?=.{1,64}@)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\\-]+@[A-Za-z0-9]([A-Za-z0-9\\-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9\\-]{0,61}[A-Za-z0-9])?)*$"

const CLOCK_SKEW_MS = 10_000

const Stored = Type.Null({ description: 'The address is stored.' })

const ContactRequest = Type.Object(
  {
    email: Type.String({
      pattern: EMAIL_PATTERN,
      maxLength: 254,
      description: 'in ASCII; a domain in another script is written as xn--…, as browsers do',
      examples: ['owner@example.com'],
    }),
    verified_at: Type.Union([Type.String({ format: 'date-time' }), Type.String({ format: 'date' })], {
      description:
        'when the owner of the phone proved the address to you: a time or a day, not in the future',
      examples: ['2026-01-01'],
    }),
  },
  {
    title: 'ContactRequest',
    additionalProperties: false,
    examples: [{ email: 'owner@example.com', verified_at: '2026-01-01' }],
  },
)

export const Erased = Type.Object(
  {
    ...SUCCESS_FIELDS,
    erased: Type.Array(Type.String({ description: 'a kind of data', examples: ['contact'] }), {
      description: 'what was erased',
      examples: [['code:login', 'sends', 'contact']],
    }),
  },
  { title: 'Erased', description: 'The data is erased. A phone without data gets the same answer.' },
)

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
        operationId: 'putContact',
        summary: 'Store the e-mail address that a phone may fall back to',
        description:
          'A later call replaces the address. Codes of scenes with `fallback` go to it if SMS cannot deliver them.',
        body: ContactRequest,
        response: {
          204: Stored,
          ...refusals([...BACK_END, 'missing', 'mobileWrong', 'landline', 'countryNotServed']),
        },
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
        operationId: 'erasePhone',
        summary: 'Erase all data about a phone',
        description:
          'Codes, limits, history and contact of the phone are erased, so the phone can be sent to at once. Audit entries and ended jobs keep its pseudonym until later ones replace them.',
        response: { 200: Erased, ...refusals([...BACK_END, 'mobileWrong']) },
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
