import type { Queue } from 'bullmq'
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'

/**
 * What an operator may do to the queues. Adding or editing a job is not on the list: such a job would go
 * past the limits of the API. Neither is obliterating a queue. A route that a new version of Bull Board
 * brings stays refused until it is put here.
 */
const OFFERED = new Set([
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

type Refusal = { status: number; why: string; key: string }
const READ_ONLY: Refusal = { status: 405, why: 'read-only', key: 'ERRORS.QUEUE_READ_ONLY' }
const FOREIGN: Refusal = { status: 403, why: 'foreign origin', key: 'ERRORS.FORBIDDEN' }
const NOT_OFFERED: Refusal = { status: 403, why: 'not offered', key: 'ERRORS.FORBIDDEN' }

type Deps = { log: FastifyBaseLogger; queues: readonly Queue[]; writable: boolean; user: string }

/** An onRequest hook that lets a write pass or refuses it, with one log line either way. */
export function createWriteGuard({ log, queues, writable, user }: Deps) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { method } = request
    if (method === 'GET' || method === 'HEAD') return
    const route = request.routeOptions.url ?? 'none'
    const write = { method, route, queue: queueOf(request, queues), user }
    const refusal = writable ? refusalOf(request) : READ_ONLY
    if (refusal === null) {
      // Before the act, so that no crash can hide it.
      log.info(write, 'board write')
      return
    }
    log.warn({ ...write, why: refusal.why }, 'board write refused')
    await reply.code(refusal.status).send({ error: { key: refusal.key } })
  }
}

function refusalOf(request: FastifyRequest): Refusal | null {
  if (isForeign(request)) return FOREIGN
  return OFFERED.has(`${request.method} ${request.routeOptions.url ?? ''}`) ? null : NOT_OFFERED
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

/** By its own name, never by what stands in the URL. */
function queueOf({ params }: FastifyRequest, queues: readonly Queue[]): string {
  if (typeof params !== 'object' || params === null || !('queueName' in params)) return 'all'
  return queues.find(({ name }) => name === params.queueName)?.name ?? 'unknown'
}
