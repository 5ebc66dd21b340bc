import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { Send } from '@sms-codes/core/codes/send'
import { jobOf, type SendJob } from '@sms-codes/core/queues/send-queue'
import type { Answered } from '../captcha/captcha-check.ts'
import { UUID_PATTERN } from '../captcha/store.ts'
import type { ApiDeps } from '../compose.ts'
import { envelope, Refusal } from '../http/answers.ts'
import { refuseCrossSiteGet } from '../http/cross-site-get.ts'
import { createErrorHandler } from '../http/error-handler.ts'
import { nameInLog } from '../http/request-log.ts'
import { classicSchema, sendSchema, type Sent } from './send-code.schema.ts'

type Checks = 'admit' | 'backEnds' | 'backlog' | 'callerOf' | 'checkCaptcha' | 'guard'
type Sending =
  | 'codes'
  | 'contacts'
  | 'ledger'
  | 'localeOf'
  | 'metrics'
  | 'noteRefusal'
  | 'queue'
  | 'rules'
  | 'testNumbers'
  | 'traffic'
type Serving = 'corsOrigins' | 'idempotency' | 'normaliseFields' | 'scenes' | 'servedNumber' | 'siteverify'
type Needs = Pick<ApiDeps, Checks | Sending | Serving>

type SendRequest = Answered & { mobile: string; country: string; scene: string } & {
  locale?: string
  client_address?: string
  limit_key?: string
}

type Release = () => Promise<void>

/**
 * An answer is kept for half a day, because a browser that was offline may still repeat its request. A later repeat sends
 * nothing either: its picture or proof is used up.
 */
const KEEP_SECONDS = 43_200

/**
 * Makes the handler of both send routes. The handler checks, in this order: the queue; the picture or proof;
 * attempts, lists, pumping guard and limits of sends (admission.ts); what the send needs while no gateway accepts
 * messages; the limits of the phone. A refused request sends nothing. A refusal after the picture is noted in the history
 * of the phone. An earlier one is not, because a stranger could fill the history of any phone without effort.
 */
function createSendCode(deps: Needs) {
  const { admit, backEnds, backlog, callerOf, checkCaptcha, codes, contacts, guard, ledger } = deps
  const { localeOf, metrics, queue, rules, testNumbers, traffic } = deps

  metrics.refusals.inc({ limit: 'phone' }, 0)

  async function sendCode(
    sendRequest: SendRequest,
    request: FastifyRequest,
  ): Promise<Omit<Sent, 'code' | 'errmsg'>> {
    const { mobile, country, scene, locale, client_address, limit_key, ...answered } = sendRequest
    const backEnd = backEnds.nameOf(request)
    // This check comes before the picture is consumed, so a refused caller can use the same picture later.
    const need = await backlog.needOf(rules.mayFallBack(scene), mobile)
    const attempt = { ...callerOf(request, client_address), mobile, country, backEnd, limitKey: limit_key }
    const shown = await checkCaptcha(answered, scene, attempt, backEnd === undefined)
    const { isAllowListed, budgetUnit, release } = await admit(attempt, shown)
    const met = backlog.refuseWithout(need, async () => (await contacts.find(mobile)) !== null)
    await met.catch((err: unknown) => giveBackAndThrow(release, err, request.log))
    // The limits of the phone are checked after the image code. Otherwise any stranger could lock a number out.
    const fixedCode = testNumbers.codeOf(mobile)
    const asked = {
      askedBy: attempt.address,
      isCounted: guard.isOn && !isAllowListed && fixedCode === undefined,
    }
    const issuing = codes.issue(mobile, scene, { ...asked, fixedCode, budgetUnit })
    const issued = await issuing.catch((err: unknown) => giveBackAndThrow(release, err, request.log))
    if (issued.kind === 'throttled') {
      metrics.refusals.inc({ limit: 'phone' })
      await release()
      throw new Refusal('sentTooOften', { retry_after: issued.retryAfter }, 'limit_phone')
    }
    const { send, requestId } = issued
    nameInLog(request, send.rid, send.n)
    request.log.info(requestId === send.rid ? {} : { shown_as: requestId }, 'issued')
    const job = jobOf(send, mobile, { country, locale: localeOf(locale, scene, country) })
    if (fixedCode === undefined) await enqueue(job, release, request.log)
    else await Promise.all([release(), ledger.settleUnclaimed(send, { status: 'sent', gateway: 'test' })])
    metrics.accepted.inc({ scene })
    if (fixedCode === undefined) traffic.count('accepted', scene, '')
    if (backEnd !== undefined) metrics.backEndSends.inc({ back_end: backEnd })
    return {
      request_id: requestId,
      resend_after: issued.resendAfter,
      expires_in: issued.expiresIn,
    }
  }

  /** Adds the job of a send to the queue. If this fails, the send stops counting for phone, segment and budget. */
  async function enqueue(job: SendJob, release: Release, log: FastifyBaseLogger) {
    try {
      await queue.add(job)
    } catch (err) {
      giveBackAndThrow(() => refund(job, release), err, log)
    }
  }

  /** Throws without waiting for `giveBack`, because the caller has already waited for Redis once. */
  function giveBackAndThrow(giveBack: Release, err: unknown, log: FastifyBaseLogger): never {
    giveBack().catch((cause: unknown) => log.warn({ err: cause }, 'refund failed'))
    throw err
  }

  /** Releases nothing if a worker has begun the send, because the message may still reach the phone. */
  async function refund(send: Send, release: Release): Promise<void> {
    if (await codes.refund(send)) await release()
  }

  return async (sendRequest: SendRequest, request: FastifyRequest) => {
    try {
      return await sendCode(sendRequest, request)
    } catch (err) {
      if (err instanceof Refusal && err.reason !== '')
        deps
          .noteRefusal(sendRequest.mobile, sendRequest.scene, err.reason)
          .catch((cause: unknown) => request.log.warn({ err: cause }, 'refusal not noted'))
      throw err
    }
  }
}

/** The two routes that send a code: the classic GET, and the POST for new front ends. */
export const sendCodeRoutes: FastifyPluginAsyncTypebox<Needs> = async (app, deps) => {
  const sendCode = createSendCode(deps)
  const uuidPattern = new RegExp(UUID_PATTERN)

  app.get(
    '/sms_codes/:mobile',
    {
      onRequest: refuseCrossSiteGet(deps.corsOrigins),
      errorHandler: createErrorHandler(deps.metrics, true),
      schema: classicSchema(deps.scenes),
    },
    async (request) => {
      const { image_code, uuid, proof, scene } = request.query
      const answered = { ...(image_code && uuid && { image_code, uuid }), ...(proof && { proof }) }
      // A uuid that cannot have been issued gets the same answer as a uuid that was not issued.
      if (answered.uuid !== undefined && !uuidPattern.test(answered.uuid)) throw new Refusal('captchaGone')
      const sent = await sendCode(
        { ...deps.servedNumber(request.params.mobile), scene, ...answered },
        request,
      )
      return { ...envelope('sent', undefined), ...sent }
    },
  )

  const hooks = deps.idempotency.hooks('send', KEEP_SECONDS)
  /** Refuses what the schema cannot judge. A refusal here leaves the idempotency key unused. */
  async function checkSender(request: FastifyRequest<{ Body: Omit<SendRequest, 'country'> }>): Promise<void> {
    const { mobile, scene, image_code, uuid, client_address, limit_key } = request.body
    deps.servedNumber(mobile)
    if (deps.backEnds.nameOf(request) === undefined) {
      if (client_address !== undefined || limit_key !== undefined) throw new Refusal('keyMissing')
      return
    }
    if (!deps.backEnds.maySend(request, scene)) throw new Refusal('keyForbidden')
    // Half of a picture is not ignored, because the back end would take the picture for checked.
    if (client_address === undefined || (image_code === undefined) !== (uuid === undefined))
      throw new Refusal('missing')
  }

  app.post(
    '/v1/sms_codes',
    {
      // The token of a captcha service can be longer than all else.
      ...(deps.siteverify !== null && { bodyLimit: 8_192 }),
      onRequest: deps.backEnds.acceptSender,
      preValidation: deps.normaliseFields,
      preHandler: [checkSender, hooks.preHandler],
      onSend: hooks.onSend,
      schema: sendSchema(deps.scenes),
    },
    async (request, reply) => {
      const sent = await sendCode({ ...request.body, ...deps.servedNumber(request.body.mobile) }, request)
      return reply.status(202).send({ ...envelope('sent', request.headers['accept-language']), ...sent })
    },
  )
}
