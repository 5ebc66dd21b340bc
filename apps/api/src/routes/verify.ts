import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ACT_SECONDS } from '@sms-codes/core/codes/code-store'
import { envelope, languageOf, Refusal } from '../http/answers.ts'
import type { ApiDeps } from '../server.ts'
import { IdempotencyHeaders } from '../http/idempotency.ts'
import { nameInLog } from '../http/request-log.ts'
import { Envelope, Mobile, sceneOf } from '../http/schemas.ts'

/** Long enough to ask again after a lost answer, and no longer: a receipt is kept. */
const KEPT_SECONDS = ACT_SECONDS

/** `POST /v1/sms_codes/verify`: checks a code once. A failure never says why, only how many tries are left. */
export const verify: FastifyPluginAsyncTypebox<ApiDeps> = async (app, deps) => {
  const Body = Type.Object(
    {
      mobile: Mobile,
      sms_code: Type.String({
        pattern: '^[0-9]{6,10}$',
        description: 'the digits of the message',
      }),
      scene: sceneOf(deps.scenes),
      request_id: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 64,
          description: 'as the send answered; keeps strangers who guess from using up your tries',
        }),
      ),
    },
    { additionalProperties: false, required: ['mobile', 'sms_code'] },
  )
  app.post(
    '/v1/sms_codes/verify',
    {
      ...deps.idempotency.hooks('verify', KEPT_SECONDS),
      schema: {
        summary: 'Verify a code',
        tags: ['browser', 'backend'],
        headers: IdempotencyHeaders,
        body: Body,
        response: {
          200: Type.Object({
            code: Type.Literal('0'),
            errmsg: Type.String(),
            request_id: Type.String({ description: 'the same for ever; store it unique to refuse replays' }),
            receipt: Type.String({
              description: 'signed proof (a JWS) that lasts 600 seconds; docs/receipts.md',
            }),
            assurance: Type.Union([Type.Literal('sms'), Type.Literal('email')]),
          }),
          400: Envelope,
          409: Envelope,
          422: Envelope,
          429: Envelope,
          503: Envelope,
        },
      },
    },
    async (request) => {
      const { mobile, sms_code, scene, request_id } = request.body
      nameInLog(request, { rid: request_id })
      await deps.limiters.verifies(deps.whoIs(request.ip).address)
      if (sms_code.length !== deps.codeLength(scene)) throw new Refusal('missing')
      // Whoever repeats it after this process died gets the same receipt: no two of one code are ever good.
      const act = deps.idempotency.actOf(request)
      const verified = await deps.codes.verify(mobile, scene, sms_code, request_id, act)
      deps.metrics.verified(scene, verified.kind)
      if (verified.kind === 'throttled')
        throw new Refusal('tooManyRequests', { retry_after: verified.retryAfter })
      if (verified.kind === 'no') throw new Refusal('codeWrong', { attempts_left: verified.attemptsLeft })
      nameInLog(request, verified)
      request.log.info({ channel: verified.channel, again: verified.isAgain }, 'verified')
      if (!verified.isAgain) {
        deps.metrics.codeUsed(scene, verified.gateway)
        deps.guard
          .verified({ mobile, address: verified.askedBy }, verified.isCounted)
          .catch((err: unknown) => request.log.warn({ err }, 'not counted for the guard'))
      }
      const assurance = verified.channel === 'email' ? ('email' as const) : ('sms' as const)
      const { errmsg } = envelope('verified', languageOf(request.headers['accept-language']))
      const receipt = await deps.receipts.issue({
        mobile,
        scene,
        assurance,
        rid: verified.rid,
        at: verified.at,
      })
      return { code: '0' as const, errmsg, request_id: verified.rid, receipt, assurance }
    },
  )
}
