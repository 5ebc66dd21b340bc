import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ACT_SECONDS } from '@sms-codes/core/codes/code-store'
import type { ApiDeps } from '../compose.ts'
import { envelope, Refusal } from '../http/answers.ts'
import { IdempotencyHeaders } from '../http/idempotency.ts'
import { nameInLog } from '../http/request-log.ts'
import {
  Assurance,
  Mobile,
  refusals,
  REQUEST_ID,
  RECEIPT,
  sceneOf,
  successFields,
  withDefaults,
} from '../http/schemas.ts'

type Checks = 'callerOf' | 'codeLength' | 'rateLimits' | 'testNumbers'
type Counting = 'guardCounts' | 'metrics' | 'traffic'
type Needs = Pick<
  ApiDeps,
  Checks | Counting | 'backEnds' | 'codes' | 'idempotency' | 'normaliseFields' | 'receipts' | 'scenes'
>

const bodyOf = (scenes: readonly string[]) =>
  withDefaults(
    Type.Object(
      {
        mobile: Mobile,
        sms_code: Type.String({
          minLength: 1,
          description: 'the digits of the message; spaces, dashes and full-width digits are permitted',
          examples: ['123456'],
        }),
        scene: sceneOf(scenes),
        request_id: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: 64,
            description:
              'the id that the send answered; it has five guesses of its own, which no stranger can use up',
            examples: [REQUEST_ID],
          }),
        ),
      },
      {
        title: 'VerifyRequest',
        additionalProperties: false,
        examples: [{ mobile: '13800138000', sms_code: '123456', request_id: REQUEST_ID }],
      },
    ),
  )

export const Verified = Type.Object(
  {
    ...successFields('验证成功'),
    request_id: Type.String({
      description: 'the same for every verify of this code; store it in a unique column to refuse replays',
      examples: [REQUEST_ID],
    }),
    receipt: Type.String({
      description: 'a signed statement (a JWS) that is valid for 600 seconds; see docs/receipts.md',
      examples: [RECEIPT],
    }),
    assurance: Assurance,
  },
  { title: 'Verified', description: 'The code was right. It is used up now.' },
)

const REFUSED = [
  'codeWrong',
  'missing',
  'mobileWrong',
  'param',
  'keyUnderWay',
  'keyReused',
  'tooManyRequests',
  'storeDown',
] as const

/** `POST /v1/sms_codes/verify`: verifies a code and uses it up. The answer to a wrong guess gives no reason. */
export const verifyRoute: FastifyPluginAsyncTypebox<Needs> = async (app, deps) => {
  const { backEnds, callerOf, codeLength, codes, guardCounts, idempotency, metrics } = deps
  const { rateLimits, receipts, testNumbers, traffic } = deps
  app.post(
    '/v1/sms_codes/verify',
    {
      // An answer contains a receipt, so it is kept only as long as a caller needs to repeat a request.
      ...idempotency.hooks('verify', ACT_SECONDS),
      preValidation: deps.normaliseFields,
      schema: {
        operationId: 'verifyCode',
        summary: 'Verify a code',
        description:
          'A code verifies once. The answer to a wrong code gives no reason. Each call counts for the address of its caller.',
        tags: ['browser', 'backend'],
        security: [],
        headers: IdempotencyHeaders,
        body: bodyOf(deps.scenes),
        response: { 200: Verified, ...refusals(REFUSED) },
      },
    },
    async (request) => {
      const { mobile, sms_code, scene, request_id } = request.body
      nameInLog(request, request_id ?? '')
      await rateLimits.take('verifies', callerOf(request))
      // A text that cannot be a code of this scene is not a guess, so it uses up no guess.
      if (sms_code.length !== codeLength(scene) || /[^0-9]/.test(sms_code)) throw new Refusal('codeWrong')
      const act = idempotency.actOf(request)
      const verified = await codes.verify(mobile, scene, sms_code, request_id, act)
      const isAgain = verified.kind === 'ok' && verified.isAgain
      if (!isAgain) metrics.verifies.inc({ scene, result: verified.kind })
      if (verified.kind === 'throttled')
        throw new Refusal('tooManyRequests', { retry_after: verified.retryAfter })
      // Without an id, the number would tell any stranger how much others guess at this phone.
      if (verified.kind === 'no')
        throw new Refusal(
          'codeWrong',
          request_id === undefined ? {} : { attempts_left: verified.attemptsLeft },
        )
      const { rid, channel, gateway, isCounted, askedBy: address, at } = verified
      nameInLog(request, rid)
      const { log } = request
      log.info({ channel, again: isAgain }, 'verified')
      if (!isAgain) metrics.codesUsed.inc({ gateway })
      if (!isAgain && testNumbers.codeOf(mobile) === undefined) traffic.count('verified', scene, gateway)
      if (isCounted && !isAgain) guardCounts.countVerified({ mobile, address })
      const audience = backEnds.audienceOf(scene)
      const receipt = receipts.issue({ scene, assurance: channel, rid, at, audience })
      const head = envelope('verified', request.headers['accept-language'])
      return { ...head, request_id: rid, receipt, assurance: channel }
    },
  )
}
