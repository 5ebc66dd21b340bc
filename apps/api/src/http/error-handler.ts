import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { StoreError } from '@sms-codes/core/redis/connect'
import { envelope, languageOf, Refusal, type Answer, type RefusalDetails } from './answers.ts'
import type { ApiMetrics } from '../metrics.ts'

/**
 * The one place where anything thrown becomes an answer: `{code, errmsg, …}` with a status. Nothing the
 * caller sent and no text of a library is ever repeated in it.
 */
const STATUS: Partial<Record<Answer, number>> = {
  sentTooOften: 429,
  tooManyRequests: 429,
  keyWrong: 401,
  signatureWrong: 401,
  receiptUsed: 409,
  notFound: 404,
  keyUnderWay: 409,
  keyReused: 422,
  storeDown: 503,
  budgetSpent: 503,
  busy: 503,
  bug: 500,
}

/** Front ends of the classic call read `data.code` of a 200; only these leave that rule. */
const CLASSIC_STATUS: Partial<Record<Answer, number>> = {
  param: 400,
  storeDown: 503,
  budgetSpent: 503,
  busy: 503,
  bug: 500,
  notFound: 404,
}

const FIELD_ANSWER: Record<string, Answer> = {
  mobile: 'mobileWrong',
  uuid: 'captchaGone',
  image_code: 'captchaWrong',
  proof: 'proofGone',
  sms_code: 'missing',
  receipt: 'receiptWrong',
}

export function createErrorHandler(metrics: Pick<ApiMetrics, 'storeFailed'>) {
  return (err: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const [answer, details, status] = toAnswer(err, request)
    // The RETCODE cannot tell: a spent budget, a backlog and a bug have that of the store.
    if (err instanceof StoreError) metrics.storeFailed()
    if (answer === 'bug') request.log.error({ err, route: request.routeOptions.url }, 'bug')
    else if (answer === 'storeDown') request.log.warn({ err, route: request.routeOptions.url }, 'store down')
    else request.log.info({ answer, route: request.routeOptions.url }, 'refused')
    const statuses = request.routeOptions.config.classic === true ? CLASSIC_STATUS : STATUS
    const fallback = request.routeOptions.config.classic === true ? 200 : 400
    send(request, reply, status ?? statuses[answer] ?? fallback, answer, details)
  }
}

export function notFoundHandler(request: FastifyRequest, reply: FastifyReply): void {
  send(request, reply, 404, 'notFound', {})
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  answer: Answer,
  details: RefusalDetails,
): void {
  const body = { ...envelope(answer, languageOf(request.headers['accept-language'])), ...details }
  reply.retcode = body.code
  if (details.retry_after !== undefined) void reply.header('retry-after', String(details.retry_after))
  // Written as it is: a route's response schema knows the fields of its own answers only.
  void reply.status(status).type('application/json; charset=utf-8').serializer(JSON.stringify).send(body)
}

function toAnswer(err: FastifyError, request: FastifyRequest): [Answer, RefusalDetails, number?] {
  if (err instanceof Refusal) return [err.answer, err.details]
  if (err instanceof StoreError) return ['storeDown', {}]
  if (err.validation !== undefined) {
    // On the classic call a path without a mobile is no path.
    const noPath = request.routeOptions.config.classic === true && err.validationContext === 'params'
    const answer = validationAnswer(err, request)
    return noPath ? [answer, {}, 404] : [answer, {}]
  }
  // Fastify's own refusals: unreadable JSON, too large, wrong content type, bad URL.
  const { statusCode = 500 } = err
  if (statusCode < 500) return ['param', {}, statusCode]
  if (statusCode === 503) return ['storeDown', {}]
  return ['bug', {}]
}

function validationAnswer(err: FastifyError, request: FastifyRequest): Answer {
  const [fault] = err.validation ?? []
  if (fault === undefined) return 'param'
  if (fault.keyword === 'required') return 'missing'
  const field = fault.instancePath.slice(1)
  const part = err.validationContext
  const source: unknown =
    part === 'body' || part === 'params' || part === 'querystring' ? pick(request, part) : undefined
  const value: unknown =
    typeof source === 'object' && source !== null ? Reflect.get(source, field) : undefined
  return value === null || value === '' ? 'missing' : (FIELD_ANSWER[field] ?? 'param')
}

function pick(request: FastifyRequest, part: 'body' | 'params' | 'querystring'): unknown {
  return part === 'querystring' ? request.query : request[part]
}
