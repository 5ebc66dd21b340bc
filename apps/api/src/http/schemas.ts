import { Type, type TObject } from '@sinclair/typebox'
import { MAINLAND_PATTERN } from '@sms-codes/core/mobile'
import { RETCODE, statusOf, type Answer } from './answers.ts'

/** A text that is one of the words. */
export const oneOf = <const Word extends string>(words: readonly Word[], description: string) =>
  Type.Unsafe<Word>({ type: 'string', enum: words, description, examples: words.slice(0, 1) })

export const time = (description: string) =>
  Type.String({ format: 'date-time', description, examples: ['2026-11-28T12:00:00.000Z'] })

export const Assurance = oneOf(
  ['sms', 'email'],
  '`sms`: the code went by SMS only; `email`: it also went to the address of the contact',
)

// Values for examples.
export const RECEIPT = `eyJhbGciOiJFZERTQSIsImtpZCI6ImsxIn0.eyJpc3MiOiJzbXMtY29kZXMifQ.${'x'.repeat(85)}A`
export const REQUEST_ID = 'h0jvHqI0Q2a0bWJX3dOhKA.5cP1mX8Qm2y1qk3T9n0bVw'

const errmsg = (example: string) =>
  Type.String({
    description: 'text for the user, in Chinese, or in English if Accept-Language asks for it',
    examples: [example],
  })

/** The fields that the body of every success has. */
export const successFields = (example: string) => ({
  code: Type.Literal('0', { description: 'success', examples: ['0'] }),
  errmsg: errmsg(example),
})
export const SUCCESS_FIELDS = successFields('成功')

/** The body of every answer that is not a success. */
export const Envelope = Type.Object(
  {
    code: Type.String({
      enum: Object.values(RETCODE).filter((code) => code !== RETCODE.OK),
      description: 'RETCODE',
      examples: ['4002'],
    }),
    errmsg: errmsg('访问过于频繁'),
    retry_after: Type.Optional(Type.Integer({ description: 'seconds to wait', examples: [60] })),
    attempts_left: Type.Optional(
      Type.Integer({
        description:
          'guesses that are left with the `request_id` of the request: five, and fewer after many wrong guesses at one phone in a day. 0 means: request the code again. An id that no send of this code answered is counted in the same way, so the number does not tell whether an id exists. But the guesses with all such ids share the five without an id, and after them even the right code is refused',
        examples: [4],
      }),
    ),
    challenge: Type.Optional(
      Type.Literal('proof', {
        description:
          'repeat the request with a `proof`; of GET /v1/challenges, or with the token of a captcha service, as the scene accepts',
        examples: ['proof'],
      }),
    ),
  },
  { title: 'Envelope', description: 'The body of every answer that is not a success.' },
)

type Refused = typeof Envelope & { answers: readonly Answer[] }

/** The schemas of the answers that are not a success, by HTTP status. The document names the answers of each status. */
export function refusals(answers: readonly Answer[], statusIn = statusOf): Record<number, Refused> {
  const statuses = new Set(answers.map(statusIn))
  return Object.fromEntries(
    [...statuses].map((status) => [
      status,
      { ...Envelope, answers: answers.filter((answer) => statusIn(answer) === status) },
    ]),
  )
}

/** The answers to every back end with an API key that are not a success. */
export const BACK_END = ['param', 'keyWrong', 'keyForbidden', 'storeDown'] as const

/** A number of the classic call. */
export const MainlandMobile = Type.String({
  pattern: MAINLAND_PATTERN,
  description: 'eleven digits',
  examples: ['13800138000'],
})

/** A number of the other routes. The hook `normaliseFields` has made E.164 of it. */
export const Mobile = Type.String({
  minLength: 1,
  description:
    'a mobile number of a country that the service serves: +852 9123 4567, 0085291234567 or, of mainland China, also 13800138000. Spaces, dashes and full-width digits are permitted',
  examples: ['13800138000'],
})

/** Lets a request omit the fields that have a default. The handler gets them all, because the validation fills them in. */
export const withDefaults = <T extends TObject>(schema: T): T => ({
  ...schema,
  required: schema.required?.filter((name) => schema.properties[name]?.['default'] === undefined) ?? [],
})

/** @param scenes the configured scenes; a request without a scene is for `default` */
export const sceneOf = (scenes: readonly string[]) =>
  Type.Unsafe<string>({
    type: 'string',
    enum: scenes,
    default: 'default',
    description: 'purpose of the code; `default` if it is left out, empty or null',
    examples: ['default'],
  })
