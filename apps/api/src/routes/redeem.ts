import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { envelope, languageOf, Refusal } from '../http/answers.ts'
import { requireApiKey } from '../http/api-keys.ts'
import type { ApiDeps } from '../server.ts'
import { nameInLog } from '../http/request-log.ts'
import { Assurance, RECEIPT_PATTERN } from '../receipts/receipts.ts'
import { Envelope, Mobile } from '../http/schemas.ts'

/** The two ways a back end believes a receipt: the public keys, to check it offline, and redeeming it once. */
export const redeem: FastifyPluginAsyncTypebox<ApiDeps> = async (app, { receipts, apiKeys, scenes }) => {
  app.get(
    '/.well-known/jwks.json',
    {
      schema: {
        summary: 'The public keys of receipts',
        tags: ['backend'],
        response: {
          200: Type.Object({
            keys: Type.Array(
              Type.Object({
                kty: Type.Literal('OKP'),
                crv: Type.Literal('Ed25519'),
                x: Type.String(),
                kid: Type.String(),
                alg: Type.Literal('EdDSA'),
                use: Type.Literal('sig'),
              }),
            ),
          }),
        },
      },
    },
    async (_request, reply) => {
      void reply.header('cache-control', 'public, max-age=300')
      return { keys: receipts.jwks }
    },
  )

  const Body = Type.Object(
    {
      receipt: Type.String({
        pattern: RECEIPT_PATTERN,
        maxLength: 1024,
        description: 'as verify answered it',
      }),
      scene: Type.Unsafe<string>({
        type: 'string',
        enum: scenes,
        description: 'what the receipt has to be for',
      }),
      mobile: Type.Optional({ ...Mobile, description: 'the number that the receipt has to be of' }),
    },
    { additionalProperties: false },
  )

  app.post(
    '/v1/receipts/redeem',
    {
      onRequest: requireApiKey(apiKeys),
      schema: {
        summary: 'Redeem a receipt, once',
        tags: ['backend'],
        security: [{ apiKey: [] }],
        body: Body,
        response: {
          200: Type.Object({
            code: Type.Literal('0'),
            errmsg: Type.String(),
            mobile: Type.Optional(Type.String({ description: 'yours, when you named one: it is the one' })),
            subject: Type.String({ description: 'the pseudonym of the phone, the same for ever' }),
            scene: Type.String(),
            assurance: Assurance,
            request_id: Type.String(),
            verified_at: Type.String({ format: 'date-time' }),
          }),
          400: Envelope,
          401: Envelope,
          409: Envelope,
          503: Envelope,
        },
      },
    },
    async (request) => {
      const { receipt, scene, mobile } = request.body
      const claims = await receipts.read(receipt)
      if (claims !== null) nameInLog(request, claims)
      if (claims === null || claims.scene !== scene) throw new Refusal('receiptWrong')
      if (mobile !== undefined && !receipts.isOf(claims, mobile)) throw new Refusal('receiptWrong')
      // Last: a receipt that was asked about wrongly is not spent.
      const outcome = await receipts.redeem(claims)
      if (outcome !== 'redeemed') throw new Refusal(outcome === 'used' ? 'receiptUsed' : 'receiptWrong')
      request.log.info({ backend: request.backend }, 'receipt redeemed')
      return {
        ...envelope('ok', languageOf(request.headers['accept-language'])),
        code: '0' as const,
        ...(mobile === undefined ? {} : { mobile }),
        subject: claims.sub,
        scene,
        assurance: claims.assurance,
        request_id: claims.rid,
        verified_at: new Date(claims.iat * 1000).toISOString(),
      }
    },
  )
}
