import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { shortForm } from '@sms-codes/core/mobile'
import type { ApiDeps } from '../compose.ts'
import { envelope, Refusal } from '../http/answers.ts'
import { nameInLog } from '../http/request-log.ts'
import { BACK_END_ERRORS, Envelope, Mobile, SUCCESS_FIELDS } from '../http/schemas.ts'
import { PublicJwk } from '../receipts/receipt-keys.ts'
import { Assurance, RECEIPT_PATTERN } from '../receipts/receipts.ts'

type Needs = Pick<ApiDeps, 'backEnds' | 'normaliseFields' | 'receipts' | 'scenes'>

const bodyOf = (scenes: readonly string[]) =>
  Type.Object(
    {
      receipt: Type.String({
        pattern: RECEIPT_PATTERN,
        maxLength: 3072,
        description: 'the receipt that verify answered',
      }),
      scene: Type.Unsafe<string>({
        type: 'string',
        enum: scenes,
        description: 'the scene that the receipt must be for',
      }),
      mobile: Type.Optional({ ...Mobile, description: 'the number that the receipt must be for' }),
    },
    { additionalProperties: false },
  )

const Redeemed = Type.Object({
  ...SUCCESS_FIELDS,
  mobile: Type.Optional(
    Type.String({
      description:
        'the number of the request, if it named one: eleven digits of mainland China, else as +85291234567',
    }),
  ),
  subject: Type.String({ description: 'the pseudonym of the phone; it changes only with PHONE_KEY' }),
  scene: Type.String(),
  assurance: Assurance,
  request_id: Type.String(),
  verified_at: Type.String({ format: 'date-time' }),
})

/** The first route answers the public keys, with which a back end checks a receipt. The second redeems a receipt. */
export const receiptRoutes: FastifyPluginAsyncTypebox<Needs> = async (
  app,
  { backEnds, normaliseFields, receipts, scenes },
) => {
  app.get(
    '/.well-known/jwks.json',
    {
      exposeHeadRoute: true,
      schema: {
        summary: 'Get the public keys of receipts',
        tags: ['backend'],
        response: { 200: Type.Object({ keys: Type.Array(PublicJwk) }) },
      },
    },
    async (_request, reply) => {
      void reply.header('cache-control', 'public, max-age=300')
      return { keys: receipts.jwks }
    },
  )

  app.post(
    '/v1/receipts/redeem',
    {
      onRequest: backEnds.requireScope('redeem'),
      preValidation: normaliseFields,
      schema: {
        summary: 'Redeem a receipt, once',
        tags: ['backend'],
        security: [{ apiKey: [] }],
        body: bodyOf(scenes),
        response: { 200: Redeemed, 409: Envelope, ...BACK_END_ERRORS },
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
