import type { Queue } from 'bullmq'
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import type { Audit } from '@sms-codes/core/limits/audit'
import { REQUEST_ID_PATTERN } from '@sms-codes/core/codes/send'

/**
 * What an operator may do to the queues. Adding or editing a job is not on the list: such a job would go
 * past the limits of the API. Neither is obliterating a queue, nor a throttle, which would stay in Redis and hold
 * messages back where nobody looks for it: SMS_RATES and WORKER_CONCURRENCY are for that. A route that a new
 * version of Bull Board brings stays refused until it is put here.
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
  'PUT /api/queues/:queueName/:jobId/retry',
  'PUT /api/queues/:queueName/:jobId/clean',
  'PUT /api/queues/:queueName/:jobId/promote',
])

type Refusal = { status: number; why: string; key: string }
const READ_ONLY: Refusal = { status: 405, why: 'read-only', key: 'ERRORS.QUEUE_READ_ONLY' }
const FOREIGN: Refusal = { status: 403, why: 'foreign origin', key: 'ERRORS.FORBIDDEN' }
const NOT_OFFERED: Refusal = { status: 403, why: 'not offered', key: 'ERRORS.FORBIDDEN' }

/** Ids as our producers and BullMQ itself make them. Any other could be a number or a code. */
const JOB_ID = new RegExp(`^([0-9]{1,5}|${REQUEST_ID_PATTERN.slice(1, -1)}\\.[0-9]{1,3}(\\.[a-z_]{1,16})?)$`)
const STATUS = /^[a-z-]{1,20}$/

type Deps = { log: FastifyBaseLogger; queues: readonly Queue[]; audit: Audit }

/**
 * Hooks that let a write pass or refuse it. What passes is in the audit stream before it is done, so that no
 * crash can hide it, and in the log with its result.
 */
export function createWriteGuard({ log, queues, audit }: Deps) {
  const passed = new WeakMap<FastifyRequest, Record<string, string>>()
  return {
    /** @throws StoreError when it cannot be written down: then it is not done either */
    onRequest: async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      const { method } = request
      if (method === 'GET' || method === 'HEAD') return
      const write = descriptionOf(request, queues)
      const refusal = refusalOf(request)
      if (refusal !== null) {
        log.warn({ ...write, why: refusal.why }, 'board write refused')
        await reply.code(refusal.status).send({ error: { key: refusal.key } })
        return
      }
      await audit({ what: 'board write', ...write })
      passed.set(request, write)
    },

    onSend: async (request: FastifyRequest, { statusCode: status }: FastifyReply): Promise<void> => {
      const write = passed.get(request)
      if (write === undefined) return
      log.info({ ...write, status, result: status < 400 ? 'done' : 'failed' }, 'board write')
    },
  }
}

function refusalOf(request: FastifyRequest): Refusal | null {
  if (request.operator?.mayWrite !== true) return READ_ONLY
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

/** Who does what to which queue and job, with nothing in it that only stands in the URL. */
function descriptionOf(request: FastifyRequest, queues: readonly Queue[]): Record<string, string> {
  const { method, operator, routeOptions, params } = request
  const { queueName, jobId, queueStatus } = named(params)
  const queue = queues.find(({ name }) => name === queueName)?.name ?? 'unknown'
  return {
    user: operator?.user ?? 'nobody',
    method,
    route: routeOptions.url ?? 'none',
    queue: queueName === undefined ? 'all' : queue,
    ...(jobId === undefined ? {} : { job: JOB_ID.test(jobId) ? jobId : 'other' }),
    ...(queueStatus === undefined ? {} : { jobs: STATUS.test(queueStatus) ? queueStatus : 'other' }),
  }
}

function named(params: unknown): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(params ?? {}).map(([name, value]) => [name, String(value)]))
}
