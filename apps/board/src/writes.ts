import type { FastifyRequest } from 'fastify'

/**
 * What an operator may do to the queues. Adding or editing a job is not on the list: such a job would go
 * past the limits of the API. Neither is obliterating a queue. A route that a new version of Bull Board
 * brings stays refused until it is put here.
 */
const ALLOWED = new Set([
  'PUT /api/queues/pause',
  'PUT /api/queues/resume',
  'PUT /api/queues/:queueName/pause',
  'PUT /api/queues/:queueName/resume',
  'PUT /api/queues/:queueName/retry/:queueStatus',
  'PUT /api/queues/:queueName/promote',
  'PUT /api/queues/:queueName/clean/:queueStatus',
  'PUT /api/queues/:queueName/empty',
  'PUT /api/queues/:queueName/concurrency',
  'PUT /api/queues/:queueName/rate-limit',
  'PUT /api/queues/:queueName/rate-limit/release',
  'PUT /api/queues/:queueName/:jobId/retry',
  'PUT /api/queues/:queueName/:jobId/clean',
  'PUT /api/queues/:queueName/:jobId/promote',
])

export type WriteRefusal = { status: 403 | 405; why: 'read-only' | 'foreign origin' | 'not offered' }

export function isWrite({ method }: FastifyRequest): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

/** @returns null when the write may go on */
export function writeRefusal(request: FastifyRequest, writable: boolean): WriteRefusal | null {
  if (!writable) return { status: 405, why: 'read-only' }
  if (isForeign(request)) return { status: 403, why: 'foreign origin' }
  const allowed = ALLOWED.has(`${request.method} ${request.routeOptions.url ?? ''}`)
  return allowed ? null : { status: 403, why: 'not offered' }
}

/**
 * Whether a page of another site sent this: the browser adds the password to such a request just the same.
 * Every browser sends one of the two headers with a write; a program that sends neither is no browser.
 */
function isForeign({ headers, host }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin'
  const { origin } = headers
  if (origin === undefined) return false
  if (!URL.canParse(origin)) return true
  const from = new URL(origin)
  const here = `${from.protocol}//${host}`
  return !URL.canParse(here) || new URL(here).host !== from.host
}
