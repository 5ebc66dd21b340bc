import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { MissingKeyError } from '@sms-codes/core/keyring'
import { StoreError } from '@sms-codes/core/redis/connect'
import type { ApiMetrics } from '../metrics.ts'
import { envelope, Refusal, type Answer, type RefusalDetails } from './answers.ts'
import { noteRetcode } from './reply-retcode.ts'

// The error handler turns every error that a request throws into an answer: `{ code, errmsg, … }` with a status. An
// answer never repeats what the caller sent, nor the text of a library.

/** The HTTP status of each answer. An answer that is not listed has 400. */
const STATUSES: Partial<Record<Answer, number>> = {
  sentTooOften: 429,
  tooManyRequests: 429,
  keyWrong: 401,
  signatureWrong: 401,
  keyForbidden: 403,
  keyInPage: 403,
  receiptUsed: 409,
  notFound: 404,
  keyUnderWay: 409,
  keyReused: 422,
  storeDown: 503,
  budgetSpent: 503,
  undeliverable: 503,
  busy: 503,
  bug: 500,
}

/** Other answers to a valid path of the classic call have status 200: its front ends read `code` only of a 200. */
const CLASSIC_FAILURES = new Set<Answer>([
  'param',
  'storeDown',
  'budgetSpent',
  'undeliverable',
  'busy',
  'bug',
  'notFound',
])

const FIELD_ANSWERS: Record<string, Answer> = {
  mobile: 'mobileWrong',
  image_code: 'captchaWrong',
  proof: 'proofGone',
  sms_code: 'codeWrong',
  receipt: 'receiptWrong',
  client_address: 'addressWrong',
}

/** Fields that a request may omit. An empty one is a wrong value, and no missing parameter. */
const OPTIONAL_FIELDS = new Set(['locale', 'proof'])

type Outcome = { answer: Answer; details?: RefusalDetails; status?: number }

/** @param isClassic whether the answers are for the classic call, whose pages are Chinese */
export function createErrorHandler(
  metrics: Pick<ApiMetrics, 'missingKeys' | 'storeErrors'>,
  isClassic = false,
) {
  return (err: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const outcome = toOutcome(err, request)
    const { answer } = outcome
    // The metric of RETCODEs does not show these errors, because a spent budget, a backlog and a bug share a RETCODE.
    if (err instanceof StoreError) metrics.storeErrors.inc()
    if (err instanceof MissingKeyError) metrics.missingKeys.inc()
    const route = request.routeOptions.url
    if (answer === 'bug') request.log.error({ err, route }, 'bug')
    else if (err instanceof MissingKeyError) request.log.error({ err, route }, 'code key missing')
    else if (answer === 'storeDown') request.log.warn({ err, route }, 'store down')
    else {
      const reason = err instanceof Refusal && err.reason !== '' ? { reason: err.reason } : {}
      request.log.info({ answer, ...reason, route }, 'refused')
    }
    const classicStatus = isClassic ? classicStatusOf(err, answer) : undefined
    const status = outcome.status ?? classicStatus ?? STATUSES[answer] ?? 400
    send(reply, status, outcome, isClassic ? undefined : request.headers['accept-language'])
  }
}

export function notFoundHandler({ headers }: FastifyRequest, reply: FastifyReply): void {
  send(reply, 404, { answer: 'notFound' }, headers['accept-language'])
}

function send(
  reply: FastifyReply,
  status: number,
  { answer, details = {} }: Outcome,
  language?: string,
): void {
  const body = { ...envelope(answer, language), ...details }
  noteRetcode(reply, body.code)
  if (details.retry_after !== undefined) void reply.header('retry-after', String(details.retry_after))
  // The serializer of the route would drop each field that its response schema does not have.
  void reply.status(status).type('application/json; charset=utf-8').serializer(JSON.stringify).send(body)
}

/** Returns the status of an answer to the classic call, or undefined if the answer has its status in STATUSES. */
function classicStatusOf({ validationContext }: FastifyError, answer: Answer): number | undefined {
  if (validationContext === 'params') return 404
  return CLASSIC_FAILURES.has(answer) ? undefined : 200
}

function toOutcome(err: FastifyError, request: FastifyRequest): Outcome {
  if (err instanceof Refusal) return { answer: err.answer, details: err.details }
  if (err instanceof StoreError || err instanceof MissingKeyError) return { answer: 'storeDown' }
  if (err.validation !== undefined) return { answer: validationAnswer(err, request) }
  // Fastify itself refuses unreadable JSON, a long body, an unknown content type and a bad URL.
  const { statusCode = 500 } = err
  return statusCode < 500 ? { answer: 'param', status: statusCode } : { answer: 'bug' }
}

function validationAnswer(err: FastifyError, request: FastifyRequest): Answer {
  const [fault] = err.validation ?? []
  if (fault === undefined) return 'param'
  if (fault.keyword === 'required') return 'missing'
  const field = fault.instancePath.slice(1)
  const { body, params, query: querystring } = request
  const source = { body, params, querystring, headers: undefined }[err.validationContext ?? 'headers']
  const value: unknown =
    typeof source === 'object' && source !== null ? Reflect.get(source, field) : undefined
  if (value === null || value === '') return OPTIONAL_FIELDS.has(field) ? 'param' : 'missing'
  return FIELD_ANSWERS[field] ?? 'param'
}
