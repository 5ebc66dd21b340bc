import { Type, type Static } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Send } from '@sms-codes/core/send'
import { maskMobile } from '@sms-codes/core/mobile'
import { envelope, languageOf, Refusal } from '@sms-codes/core/retcode'
import type { ApiDeps } from '../app.ts'
import { UUID_PATTERN } from '../captcha/store.ts'
import { refuseDrivenBrowser } from '../driven-browser.ts'
import { Envelope, Mobile, sceneOf } from '../schemas.ts'

const Sent = Type.Object(
  {
    code: Type.Literal('0'),
    errmsg: Type.String(),
    request_id: Type.String({ description: 'names this request for status and verify; opaque' }),
    resend_after: Type.Integer({ description: 'seconds until another message may be asked for' }),
    expires_in: Type.Integer({ description: 'seconds the code is good for' }),
  },
  { title: 'Sent' },
)

type SendRequest = { mobile: string; image_code: string; uuid: string; scene: string }

/** The two ways to ask for a code: the seed's GET and the POST for new front ends. Same use case. */
export const smsCodes: FastifyPluginAsyncTypebox<ApiDeps> = async (app, deps) => {
  const { captchas, limiters, guard, gate, codes, queue, testNumbers, ledger } = deps

  /** The order of these lines is the policy. A refused request sends nothing. */
  async function sendCode(
    { mobile, image_code, uuid, scene }: SendRequest,
    request: FastifyRequest,
  ): Promise<Static<typeof Sent>> {
    const asking = { ...deps.whoIs(request.ip), mobile }
    // The image code is spent whatever becomes of the request: one look, and no way to learn for free
    // whether an answer was right.
    const [, text, denied] = await Promise.all([
      limiters.attempts(asking.address),
      captchas.take(uuid),
      guard.judge(asking),
    ])
    if (text === null) throw new Refusal('captchaGone')
    if (text.toLowerCase() !== image_code.toLowerCase()) throw new Refusal('captchaWrong')
    // Answered like a phone that was sent to a moment ago: the guard does not show itself.
    if (denied > 0) throw new Refusal('sentTooOften', { retry_after: denied })
    const leave = await gate.enter(asking)
    // The phone's own limits come after the image code: or anybody could lock a number out.
    const fixed = testNumbers.codeOf(mobile)
    const issued = await codes.issue(mobile, scene, { from: asking.address, fixed })
    if (issued.kind === 'throttled') {
      await leave()
      throw new Refusal('sentTooOften', { retry_after: issued.retryAfter })
    }
    if (fixed === undefined) await enqueue(issued.send, mobile, leave, request)
    else await Promise.all([leave(), ledger.settle(issued.send, '*', { status: 'sent', gateway: 'test' })])
    return {
      ...envelope('sent', languageOf(request.headers['accept-language'])),
      code: '0',
      request_id: issued.send.rid,
      resend_after: issued.resendAfter,
      expires_in: issued.expiresIn,
    }
  }

  /** Accepted means enqueued: without the queue's word the slot is given back and the caller hears 503. */
  async function enqueue(
    send: Send,
    mobile: string,
    leave: () => Promise<void>,
    request: FastifyRequest,
  ): Promise<void> {
    try {
      await queue.add({ v: 1, ...send, to: maskMobile(mobile) })
    } catch (err) {
      // Not waited for: the store may need its whole deadline again, and the caller has waited once.
      Promise.all([codes.refund(send), leave()]).catch((cause: unknown) =>
        request.log.warn({ err: cause }, 'refund failed'),
      )
      throw err
    }
  }

  const SendQuery = Type.Object({
    image_code: Type.Optional(Type.String()),
    uuid: Type.Optional(Type.String()),
    scene: sceneOf(deps.scenes),
  })
  const uuidPattern = new RegExp(UUID_PATTERN)

  app.get(
    '/sms_codes/:mobile',
    {
      config: { seed: true },
      onRequest: refuseDrivenBrowser(deps.corsOrigins),
      schema: {
        summary: 'Send a code (the classic call)',
        description: 'HTTP 200 for every outcome of the business; read `code` in the body.',
        tags: ['browser'],
        params: Type.Object({ mobile: Mobile }),
        querystring: SendQuery,
        response: { 200: Type.Union([Sent, Envelope]), 404: Envelope, 503: Envelope },
      },
    },
    async (request) => {
      const { image_code, uuid, scene } = request.query
      if (!image_code || !uuid) throw new Refusal('missing')
      // A uuid that could not have been issued is answered like one that was not.
      if (!uuidPattern.test(uuid)) throw new Refusal('captchaGone')
      return sendCode({ mobile: request.params.mobile, image_code, uuid, scene }, request)
    },
  )

  const SendBody = Type.Object(
    {
      mobile: Mobile,
      image_code: Type.String({ minLength: 1, maxLength: 16 }),
      uuid: Type.String({ pattern: UUID_PATTERN }),
      scene: sceneOf(deps.scenes),
    },
    // `scene` has a default, so it may be left out.
    { additionalProperties: false, required: ['mobile', 'image_code', 'uuid'] },
  )

  app.post(
    '/v1/sms_codes',
    {
      schema: {
        summary: 'Send a code',
        tags: ['browser'],
        body: SendBody,
        response: { 202: Sent, 400: Envelope, 429: Envelope, 503: Envelope },
      },
    },
    async (request, reply) => {
      const sent = await sendCode(request.body, request)
      return reply.status(202).send(sent)
    },
  )
}
