import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { MissingKeyError } from '@sms-codes/core/keyring'
import { StoreError } from '@sms-codes/core/redis/connect'
import type { ApiMetrics } from '../metrics.ts'
import { envelope, Refusal, statusOf, type Answer, type RefusalDetails } from './answers.ts'
import { noteRetcode } from './reply-retcode.ts'

// The error handler turns every error that a request throws into an answer: `{ code, errmsg, … }` with a status. An
// answer never repeats what the caller sent, nor the text of a library.

const CLASSIC_FAILURES = new Set<Answer>([
  'param',
  'storeDown',
  'budgetSpent',
  'undeliverable',
  'busy',
  'bug',
  'notFound',
])

/** The status of an answer to the classic call. It is 200 for expected outcomes: front ends read `code` only of a 200. */
export function classicStatusOf(answer: Answer): number {
  if (answer === 'mobileWrong') return 404
  return CLASSIC_FAILURES.has(answer) ? statusOf(answer) : 200
}

const FIELD_ANSWERS: Record<string, Answer> = {
  mobile: 'mobileWrong',
  image_code: 'captchaWrong',
  proof: 'proofGone',
  sms_code: 'codeWrong',
  receipt: 'receiptWrong',
  client_address: 'addressWrong',
}

/** A send needs some of these fields. If one of them is empty, the send lacks a parameter. */
const ALTERNATIVES = new Set(['client_address', 'image_code', 'uuid'])

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
    const isPathWrong = err.validationContext === 'params'
    const classicStatus = isPathWrong ? 404 : classicStatusOf(answer)
    const status = outcome.status ?? (isClassic ? classicStatus : statusOf(answer))
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
  const { body, params, query: querystring, routeOptions } = request
  const part = err.validationContext ?? 'headers'
  const source = { body, params, querystring, headers: undefined }[part]
  const value: unknown =
    typeof source === 'object' && source !== null ? Reflect.get(source, field) : undefined
  if (value !== null && value !== '') return FIELD_ANSWERS[field] ?? 'param'
  // An optional field that is empty is not taken for one that is left out: in its place, the caller meant a value.
  return ALTERNATIVES.has(field) || isRequired(routeOptions.schema?.[part], field) ? 'missing' : 'param'
}

function isRequired(schema: unknown, field: string): boolean {
  if (typeof schema !== 'object' || schema === null || !('required' in schema)) return false
  return Array.isArray(schema.required) && schema.required.includes(field)
}
