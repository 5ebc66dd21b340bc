import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { shortForm } from '@sms-codes/core/mobile'
import type { ApiDeps } from '../compose.ts'
import { envelope, Refusal } from '../http/answers.ts'
import { nameInLog } from '../http/request-log.ts'
import {
  Assurance,
  BACK_END,
  Mobile,
  RECEIPT,
  refusals,
  REQUEST_ID,
  SUCCESS_FIELDS,
  time,
} from '../http/schemas.ts'
import { PublicJwk } from '../receipts/receipt-keys.ts'
import { RECEIPT_PATTERN } from '../receipts/receipts.ts'

type Needs = Pick<ApiDeps, 'backEnds' | 'normaliseFields' | 'receipts' | 'scenes'>

const bodyOf = (scenes: readonly string[]) =>
  Type.Object(
    {
      receipt: Type.String({
        pattern: RECEIPT_PATTERN,
        maxLength: 3072,
        description: 'the receipt that verify answered',
        examples: [RECEIPT],
      }),
      scene: Type.Unsafe<string>({
        type: 'string',
        enum: scenes,
        description: 'the scene that the receipt must be for',
        examples: scenes.slice(0, 1),
      }),
      mobile: Type.Optional({ ...Mobile, description: 'the number that the receipt must be for' }),
    },
    {
      title: 'RedeemRequest',
      additionalProperties: false,
      examples: [{ receipt: RECEIPT, scene: scenes[0], mobile: '13800138000' }],
    },
  )

export const Redeemed = Type.Object(
  {
    ...SUCCESS_FIELDS,
    mobile: Type.Optional(
      Type.String({
        description:
          'the number of the request, if it named one: eleven digits of mainland China, else as +85291234567',
        examples: ['13800138000'],
      }),
    ),
    subject: Type.String({
      description: 'the pseudonym of the phone; it changes only with PHONE_KEY',
      examples: ['h0jvHqI0Q2a0bWJX3dOhKA'],
    }),
    scene: Type.String({ description: 'the scene of the receipt', examples: ['login'] }),
    assurance: Assurance,
    request_id: Type.String({
      description: 'the `request_id` of the verify answer',
      examples: [REQUEST_ID],
    }),
    verified_at: time('when the code was verified'),
  },
  { title: 'Redeemed', description: 'The receipt is valid. It is spent now.' },
)

const Keys = Type.Object(
  { keys: Type.Array(PublicJwk, { description: 'the public keys, the newest first' }) },
  {
    title: 'Keys',
    description: 'The keys as a JSON Web Key Set (RFC 7517). Caches may keep it for 300 seconds.',
  },
)

/** `GET /.well-known/jwks.json`: the public keys, with which a back end checks a receipt. */
export const keysRoute: FastifyPluginAsyncTypebox<Pick<Needs, 'receipts'>> = async (app, { receipts }) => {
  app.get(
    '/.well-known/jwks.json',
    {
      exposeHeadRoute: true,
      schema: {
        operationId: 'getKeys',
        summary: 'Get the public keys of receipts',
        description: 'A back end checks receipts offline with these keys; see docs/receipts.md.',
        tags: ['backend'],
        security: [],
        response: { 200: Keys, ...refusals(['param']) },
      },
    },
    async (_request, reply) => {
      void reply.header('cache-control', 'public, max-age=300')
      return { keys: receipts.jwks }
    },
  )
}

/** `POST /v1/receipts/redeem`: redeems a receipt. */
export const redeemRoute: FastifyPluginAsyncTypebox<Needs> = async (
  app,
  { backEnds, normaliseFields, receipts, scenes },
) => {
  app.post(
    '/v1/receipts/redeem',
    {
      onRequest: backEnds.requireScope('redeem'),
      preValidation: normaliseFields,
      schema: {
        operationId: 'redeemReceipt',
        summary: 'Redeem a receipt, once',
        description:
          'Of any number of calls with one receipt, one gets 200. A receipt that is refused with 400 is not spent.',
        tags: ['backend'],
        security: [{ apiKey: [] }],
        body: bodyOf(scenes),
        response: {
          200: Redeemed,
          ...refusals([...BACK_END, 'missing', 'mobileWrong', 'receiptWrong', 'receiptUsed']),
        },
      },
    },
    async (request) => {
      const { receipt, scene, mobile } = request.body
      const claims = await receipts.read(receipt)
      if (claims !== null) nameInLog(request, claims.rid)
      if (claims === null || claims.scene !== scene) throw new Refusal('receiptWrong')
      if (mobile !== undefined && !receipts.isOf(claims, mobile)) throw new Refusal('receiptWrong')
      if (!backEnds.mayRedeem(request, claims)) throw new Refusal('receiptWrong')
      // The redemption comes last, so that a request for another scene, number or back end does not consume the receipt.
      const outcome = await receipts.redeem(claims)
      if (outcome !== 'redeemed') throw new Refusal(outcome === 'used' ? 'receiptUsed' : 'receiptWrong')
      request.log.info('receipt redeemed')
      return {
        ...envelope('ok', request.headers['accept-language']),
        ...(mobile === undefined ? {} : { mobile: shortForm(mobile) }),
        subject: claims.sub,
        scene,
        assurance: claims.assurance,
        request_id: claims.rid,
        verified_at: new Date(claims.iat * 1000).toISOString(),
      }
    },
  )
}
