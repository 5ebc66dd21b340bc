import { Type, type TObject } from '@sinclair/typebox'
import { MAINLAND_PATTERN } from '@sms-codes/core/mobile'

/** The fields that the body of every success has. */
export const SUCCESS_FIELDS = { code: Type.Literal('0'), errmsg: Type.String() }

/** The body of every answer that is not a success. */
export const Envelope = Type.Object(
  {
    code: Type.String({ description: 'RETCODE; "0" is success' }),
    errmsg: Type.String({
      description: 'text for the user, in Chinese, or in English if Accept-Language asks for it',
    }),
    retry_after: Type.Optional(Type.Integer({ description: 'seconds to wait' })),
    attempts_left: Type.Optional(
      Type.Integer({
        description:
          'guesses that are left for the `request_id` of the request; 0 means: request the code again',
      }),
    ),
    challenge: Type.Optional(
      Type.Literal('proof', {
        description:
          'repeat the request with a `proof`; of GET /v1/challenges, or with the token of a captcha service, as the scene accepts',
      }),
    ),
  },
  { title: 'Envelope' },
)

/** The answers of a route with an idempotency key that are not a success. */
export const IDEMPOTENT_ERRORS = { 400: Envelope, 409: Envelope, 422: Envelope, 429: Envelope, 503: Envelope }

/** The answers to a back end that are not a success. */
export const BACK_END_ERRORS = { 400: Envelope, 401: Envelope, 403: Envelope, 503: Envelope }

/** A number of the classic call. */
export const MainlandMobile = Type.String({
  pattern: MAINLAND_PATTERN,
  description: 'eleven digits, for example 13800138000',
})

/** A number of the other routes. The hook `normaliseFields` has made E.164 of it. */
export const Mobile = Type.String({
  minLength: 1,
  description:
    'a mobile number of a country that the service serves: +852 9123 4567, 0085291234567 or, of mainland China, also 13800138000. Spaces, dashes and full-width digits are permitted',
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
    description: 'purpose of the code',
  })
