import { Type, type Static } from '@sinclair/typebox'
import { LOCALE_PATTERN } from '@sms-codes/core/config/locales'
import { PROOF_MAX_LENGTH } from '../captcha/proofs.ts'
import { UUID_PATTERN } from '../captcha/store.ts'
import { classicStatusOf } from '../http/error-handler.ts'
import { IdempotencyHeaders } from '../http/idempotency.ts'
import {
  Envelope,
  MainlandMobile,
  Mobile,
  refusals,
  REQUEST_ID,
  sceneOf,
  successFields,
  withDefaults,
} from '../http/schemas.ts'

export const Sent = Type.Object(
  {
    ...successFields('发送短信成功'),
    request_id: Type.String({
      description: 'opaque id of this request, for its status and for verify',
      examples: [REQUEST_ID],
    }),
    resend_after: Type.Integer({
      description: 'seconds until another message may be requested',
      examples: [60],
    }),
    expires_in: Type.Integer({ description: 'seconds until the code expires', examples: [300] }),
  },
  { title: 'Sent', description: 'The message is in the queue.' },
)
export type Sent = Static<typeof Sent>

const AFTER_503 =
  'After a 503 with `retry_after` no message was sent. Try the same picture again, and get another if it has expired (4001).'

/** The answers to both calls that are not a success. */
const COMMON = [
  'captchaGone',
  'captchaWrong',
  'captchaKind',
  'proofNeeded',
  'proofGone',
  'missing',
  'mobileWrong',
  'countryNotServed',
  'param',
  'sentTooOften',
  'tooManyRequests',
  'storeDown',
  'budgetSpent',
  'undeliverable',
  'busy',
] as const

const UUID = '9b2e4c1a-7d3f-4e5b-8a6c-0f1d2e3c4b5a'
const PROOF = 'eyJjaGFsbGVuZ2UiOnsicGFyYW1ldGVycyI6e30sInNpZ25hdHVyZSI6IiJ9fQ=='

const { 200: expected, ...failures } = refusals(COMMON, classicStatusOf)

/** The classic call answers a malformed image code, uuid or proof like a wrong one, so they have no patterns. */
export const classicSchema = (scenes: readonly string[]) => ({
  operationId: 'classicSendCode',
  summary: 'Send a code (the classic call)',
  description: `HTTP 200 for every expected outcome; read \`code\` in the body. Texts are always Chinese. Needs \`image_code\` and \`uuid\`, or \`proof\`. ${AFTER_503}`,
  tags: ['browser'],
  security: [],
  params: Type.Object({ mobile: MainlandMobile }),
  querystring: withDefaults(
    Type.Object({
      image_code: Type.Optional(
        Type.String({ description: 'what the picture shows; letters of either case', examples: ['AB3D'] }),
      ),
      uuid: Type.Optional(Type.String({ description: 'the uuid of the picture', examples: [UUID] })),
      proof: Type.Optional(Type.String({ description: 'as in the POST /v1/sms_codes', examples: [PROOF] })),
      scene: sceneOf(scenes),
    }),
  ),
  response: { 200: Type.Union([Sent, Envelope], { answers: expected?.answers }), ...failures },
})

const bodyOf = (scenes: readonly string[]) =>
  withDefaults(
    Type.Object(
      {
        mobile: Mobile,
        image_code: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: 16,
            description: 'what the picture shows; letters of either case; sent together with its uuid',
            examples: ['AB3D'],
          }),
        ),
        uuid: Type.Optional(
          Type.String({ pattern: UUID_PATTERN, description: 'the uuid of the picture', examples: [UUID] }),
        ),
        proof: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: PROOF_MAX_LENGTH,
            description:
              'the altcha payload, or the token of a captcha service if the scene accepts one, in place of the image code or in addition to it',
            examples: [PROOF],
          }),
        ),
        scene: sceneOf(scenes),
        client_address: Type.Optional(
          Type.Union([Type.String({ format: 'ipv4' }), Type.String({ format: 'ipv6' })], {
            description:
              'only with an API key, and required with it: the IP address of your user, which limits count',
            examples: ['203.0.113.7'],
          }),
        ),
        limit_key: Type.Optional(
          Type.String({
            pattern: '^[!-~]{1,128}$',
            description:
              'only with an API key: a device or session of your user, which is limited like an address; stored as a keyed hash',
            examples: ['session-4711'],
          }),
        ),
        locale: Type.Optional(
          Type.String({
            pattern: LOCALE_PATTERN,
            description:
              'the language of the message, such as en; without a text in it, the scene and the country decide',
            examples: ['en'],
          }),
        ),
      },
      {
        title: 'SendRequest',
        examples: [
          { mobile: '13800138000', image_code: 'AB3D', uuid: UUID, scene: 'default' },
          { mobile: '13800138000', client_address: '203.0.113.7', limit_key: 'session-4711' },
        ],
        additionalProperties: false,
        anyOf: [
          { required: ['image_code', 'uuid'] },
          { required: ['proof'] },
          { required: ['client_address'] },
        ],
      },
    ),
  )

export const sendSchema = (scenes: readonly string[]) => ({
  operationId: 'sendCode',
  summary: 'Send a code',
  description: `Needs \`image_code\` and \`uuid\`, or \`proof\`, or both. A back end with an API key of the scope \`send\` needs \`client_address\` instead. ${AFTER_503}`,
  tags: ['browser', 'backend'],
  security: [{}, { apiKey: [] }],
  headers: IdempotencyHeaders,
  body: bodyOf(scenes),
  response: {
    202: Sent,
    ...refusals([
      ...COMMON,
      'landline',
      'keyMissing',
      'addressWrong',
      'keyWrong',
      'keyForbidden',
      'keyInPage',
      'keyUnderWay',
      'keyReused',
    ]),
  },
})
