import { Type, type Static } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Send } from '@sms-codes/core/codes/send'
import { maskMobile, segmentOf } from '@sms-codes/core/mobile'
import { envelope, languageOf, Refusal } from '../http/answers.ts'
import type { ApiDeps } from '../server.ts'
import { PROOF_MAX_LENGTH } from '../captcha/proofs.ts'
import { UUID_PATTERN } from '../captcha/store.ts'
import { refuseDrivenBrowser } from '../http/cross-site-get.ts'
import type { Asking } from '../abuse/rate-limits.ts'
import { IdempotencyHeaders } from '../http/idempotency.ts'
import { nameInLog } from '../http/request-log.ts'
import { Envelope, Mobile, sceneOf } from '../http/schemas.ts'

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

/** An image code with its uuid, or a proof, or both. */
type Answered = Partial<Record<'image_code' | 'uuid' | 'proof', string>>
type SendRequest = Answered & { mobile: string; scene: string }

/** A day: a browser that was offline may still ask what became of its request. */
const KEPT_SECONDS = 86_400

/** The two ways to ask for a code: the classic GET and the POST for new front ends. Same use case. */
export const smsCodes: FastifyPluginAsyncTypebox<ApiDeps> = async (app, deps) => {
  const { captchas, proofs, limiters, heatOf, screen, guard, gate, backlog, codes, queue } = deps
  const { testNumbers, ledger, metrics } = deps

  /** The order of these lines is the policy. A refused request sends nothing. */
  async function sendCode(
    { mobile, scene, ...answered }: SendRequest,
    request: FastifyRequest,
  ): Promise<Static<typeof Sent>> {
    // Before anything is spent: whoever comes back later has the same picture.
    await backlog.refuse()
    const asking = { ip: request.ip, ...deps.whoIs(request.ip), mobile }
    const allowed = await admit(asking, answered)
    const { unit, leave } = await gate.enter(asking, allowed)
    // The phone's own limits come after the image code: or anybody could lock a number out.
    const fixed = testNumbers.codeOf(mobile)
    const issued = await codes.issue(mobile, scene, {
      askedBy: asking.address,
      isCounted: !allowed && fixed === undefined,
      fixedCode: fixed,
      budgetUnit: unit,
    })
    if (issued.kind === 'throttled') {
      await leave()
      throw new Refusal('sentTooOften', { retry_after: issued.retryAfter })
    }
    nameInLog(request, issued.send)
    const { requestId } = issued
    request.log.info(requestId === issued.send.rid ? {} : { shown_as: requestId }, 'issued')
    if (fixed === undefined) await enqueue(issued.send, mobile, leave, request)
    else
      await Promise.all([leave(), ledger.settleUnclaimed(issued.send, { status: 'sent', gateway: 'test' })])
    metrics.accepted(scene)
    return {
      ...envelope('sent', languageOf(request.headers['accept-language'])),
      code: '0',
      request_id: requestId,
      resend_after: issued.resendAfter,
      expires_in: issued.expiresIn,
    }
  }

  /**
   * Lets in who answered right, and as much as what is known of the address and the number asks for.
   * @returns whether a list allows more than the limits of address, subnet and segment do
   */
  async function admit(asking: Asking, { image_code, uuid, proof }: Answered): Promise<boolean> {
    const hasImage = image_code !== undefined && uuid !== undefined
    if (!hasImage && proof === undefined) throw new Refusal('missing')
    // What was answered is spent whatever becomes of the request: one look, and no way to learn for free
    // whether an answer was right.
    const [nth, imageFault, proofFault, listed, verdict] = await Promise.all([
      limiters.attempts(asking.address),
      hasImage ? captchas.take(uuid, image_code) : null,
      proof === undefined ? null : proofs.take(proof),
      screen(asking),
      guard.judge(asking),
    ])
    if (hasImage) metrics.captcha('picture', imageFault === null ? 'passed' : 'failed')
    if (proof !== undefined) metrics.captcha('proof', proofFault === null ? 'passed' : 'failed')
    const challenge = verdict.challenge && !listed.allowed
    if (proof === undefined && (heatOf(nth) === 'hot' || challenge))
      throw new Refusal('proofNeeded', { challenge: 'proof' })
    const fault = proofFault ?? imageFault
    if (fault !== null) throw new Refusal(fault)
    listed.report()
    const deny = listed.deny || (listed.allowed ? 0 : verdict.deny)
    if (deny === 0) return listed.allowed
    // Answered like a phone that was sent to a moment ago, and counted like it: neither the guard nor a list
    // shows itself.
    const { leave } = await gate.enter(asking, false)
    await leave()
    throw new Refusal('sentTooOften', { retry_after: deny })
  }

  /** Accepted means enqueued: without the queue's word the slot is given back and the caller hears 503. */
  async function enqueue(
    send: Send,
    mobile: string,
    leave: () => Promise<void>,
    request: FastifyRequest,
  ): Promise<void> {
    try {
      await queue.add({ v: 1, ...send, to: maskMobile(mobile), segment: segmentOf(mobile) })
    } catch (err) {
      // Not waited for: the store may need its whole deadline again, and the caller has waited once.
      giveBack(send, leave).catch((cause: unknown) => request.log.warn({ err: cause }, 'refund failed'))
      throw err
    }
  }

  /** A worker that claimed the send may send it after all: then nothing comes back. */
  async function giveBack(send: Send, leave: () => Promise<void>): Promise<void> {
    if (await codes.refund(send)) await leave()
  }

  const SendQuery = Type.Object({
    image_code: Type.Optional(Type.String()),
    uuid: Type.Optional(Type.String()),
    proof: Type.Optional(Type.String()),
    scene: sceneOf(deps.scenes),
  })
  const uuidPattern = new RegExp(UUID_PATTERN)

  app.get(
    '/sms_codes/:mobile',
    {
      config: { classic: true },
      onRequest: refuseDrivenBrowser(deps.corsOrigins),
      schema: {
        summary: 'Send a code (the classic call)',
        description:
          'HTTP 200 for every outcome of the business; read `code` in the body. A 503 with `retry_after` has spent nothing: the same picture is good for another try.',
        tags: ['browser'],
        params: Type.Object({ mobile: Mobile }),
        querystring: SendQuery,
        response: { 200: Type.Union([Sent, Envelope]), 404: Envelope, 503: Envelope },
      },
    },
    async (request) => {
      const { image_code, uuid, proof, scene } = request.query
      const answered = { ...(image_code && uuid && { image_code, uuid }), ...(proof && { proof }) }
      // A uuid that could not have been issued is answered like one that was not.
      if (answered.uuid !== undefined && !uuidPattern.test(answered.uuid)) throw new Refusal('captchaGone')
      return sendCode({ mobile: request.params.mobile, scene, ...answered }, request)
    },
  )

  const SendBody = Type.Object(
    {
      mobile: Mobile,
      image_code: Type.Optional(Type.String({ minLength: 1, maxLength: 16, description: 'with its uuid' })),
      uuid: Type.Optional(Type.String({ pattern: UUID_PATTERN })),
      proof: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: PROOF_MAX_LENGTH,
          description: 'the altcha payload; instead of the image code, or beside it',
        }),
      ),
      scene: sceneOf(deps.scenes),
    },
    // `scene` has a default, so it may be left out.
    {
      additionalProperties: false,
      required: ['mobile'],
      anyOf: [{ required: ['image_code', 'uuid'] }, { required: ['proof'] }],
    },
  )

  app.post(
    '/v1/sms_codes',
    {
      ...deps.idempotency.hooks('send', KEPT_SECONDS),
      schema: {
        summary: 'Send a code',
        description: 'A 503 with `retry_after` has spent nothing: the same picture is good for another try.',
        tags: ['browser'],
        headers: IdempotencyHeaders,
        body: SendBody,
        response: {
          202: Sent,
          400: Envelope,
          409: Envelope,
          422: Envelope,
          429: Envelope,
          503: Envelope,
        },
      },
    },
    async (request, reply) => {
      const sent = await sendCode(request.body, request)
      return reply.status(202).send(sent)
    },
  )
}
