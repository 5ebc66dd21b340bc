import { Type, type Static } from '@sinclair/typebox'
import { LOCALE_PATTERN } from '@sms-codes/core/config/locales'
import { PROOF_MAX_LENGTH } from '../captcha/proofs.ts'
import { UUID_PATTERN } from '../captcha/store.ts'
import { IdempotencyHeaders } from '../http/idempotency.ts'
import {
  Envelope,
  IDEMPOTENT_ERRORS,
  MainlandMobile,
  Mobile,
  sceneOf,
  SUCCESS_FIELDS,
  withDefaults,
} from '../http/schemas.ts'

const Sent = Type.Object(
  {
    ...SUCCESS_FIELDS,
    request_id: Type.String({ description: 'opaque id of this request, for its status and for verify' }),
    resend_after: Type.Integer({ description: 'seconds until another message may be requested' }),
    expires_in: Type.Integer({ description: 'seconds until the code expires' }),
  },
  { title: 'Sent' },
)
export type Sent = Static<typeof Sent>

const AFTER_503 =
  'After a 503 with `retry_after` no message was sent. Try the same picture again, and get another if it has expired (4001).'

/** The classic call answers a malformed image code, uuid or proof like a wrong one, so they have no patterns. */
export const classicSchema = (scenes: readonly string[]) => ({
  summary: 'Send a code (the classic call)',
  description: `HTTP 200 for every expected outcome; read \`code\` in the body. ${AFTER_503}`,
  tags: ['browser'],
  params: Type.Object({ mobile: MainlandMobile }),
  querystring: withDefaults(
    Type.Object({
      image_code: Type.Optional(Type.String()),
      uuid: Type.Optional(Type.String()),
      proof: Type.Optional(Type.String()),
      scene: sceneOf(scenes),
    }),
  ),
  response: { 200: Type.Union([Sent, Envelope]), 400: Envelope, 404: Envelope, 503: Envelope },
})

export const sendSchema = (scenes: readonly string[]) => ({
  summary: 'Send a code',
  description: `A back end sends \`client_address\` in place of a picture or proof, with an API key of the scope \`send\`. ${AFTER_503}`,
  tags: ['browser', 'backend'],
  security: [{}, { apiKey: [] }],
  headers: IdempotencyHeaders,
  body: withDefaults(
    Type.Object(
      {
        mobile: Mobile,
        image_code: Type.Optional(
          Type.String({ minLength: 1, maxLength: 16, description: 'sent together with its uuid' }),
        ),
        uuid: Type.Optional(Type.String({ pattern: UUID_PATTERN })),
        proof: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: PROOF_MAX_LENGTH,
            description:
              'the altcha payload, or the token of a captcha service if the scene accepts one, in place of the image code or in addition to it',
          }),
        ),
        scene: sceneOf(scenes),
        client_address: Type.Optional(
          Type.Union([Type.String({ format: 'ipv4' }), Type.String({ format: 'ipv6' })], {
            description:
              'only with an API key, and required with it: the IP address of your user, which limits count',
          }),
        ),
        limit_key: Type.Optional(
          Type.String({
            pattern: '^[!-~]{1,128}$',
            description:
              'only with an API key: a device or session of your user, which is limited like an address; stored as a keyed hash',
          }),
        ),
        locale: Type.Optional(
          Type.String({
            pattern: LOCALE_PATTERN,
            description:
              'the language of the message, such as en; without a text in it, the scene and the country decide',
          }),
        ),
      },
      {
        additionalProperties: false,
        anyOf: [
          { required: ['image_code', 'uuid'] },
          { required: ['proof'] },
          { required: ['client_address'] },
        ],
      },
    ),
  ),
  response: { 202: Sent, 401: Envelope, 403: Envelope, ...IDEMPOTENT_ERRORS },
})
