import type { Queue } from 'bullmq'
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import { REQUEST_ID_PATTERN } from '@sms-codes/core/codes/send'
import type { Audit } from '@sms-codes/core/limits/audit'
import { operatorOf } from './login.ts'
import { SEARCH_ROUTE } from './messages/search.ts'
import type { BoardMetrics } from './metrics.ts'

/**
 * The only writes that are allowed. A job that waits, runs or is delayed is a message that the API has accepted, so no
 * write removes such a job. A job that an operator adds or edits would bypass the rate limits of the API. A
 * rate limit that an operator sets on the board would stay in Redis unnoticed and delay messages. `rate` of a gateway and
 * WORKER_CONCURRENCY limit the rate instead. A new route of Bull Board is refused until this list contains the route.
 */
const OFFERED = new Set([
  'PUT /api/queues/pause',
  'PUT /api/queues/resume',
  'PUT /api/queues/:queueName/pause',
  'PUT /api/queues/:queueName/resume',
  'PUT /api/queues/:queueName/retry/:queueStatus',
  'PUT /api/queues/:queueName/promote',
  'PUT /api/queues/:queueName/:jobId/retry',
  'PUT /api/queues/:queueName/:jobId/promote',
])
/** This write is allowed for ended jobs. */
const CLEAN = 'PUT /api/queues/:queueName/clean/:queueStatus'
const ENDED = ['completed', 'failed']

/** The search for a message sends a number by POST, and writes nothing. Every operator may search. */
const SEARCH = `POST ${SEARCH_ROUTE}`

const READ_ONLY = { status: 405, why: 'read-only', key: 'ERRORS.QUEUE_READ_ONLY' }
const FOREIGN = { status: 403, why: 'foreign origin', key: 'ERRORS.FORBIDDEN' }
const NOT_OFFERED = { status: 403, why: 'not offered', key: 'ERRORS.FORBIDDEN' }

/** Matches the job ids that our producers and BullMQ make. Any other id could be a phone number or a code. */
const JOB_ID = new RegExp(`^([0-9]{1,5}|${REQUEST_ID_PATTERN.slice(1, -1)}\\.[0-9]{1,3}(\\.[a-z_]{1,16})?)$`)
const STATUS = /^[a-z-]{1,20}$/

type Deps = {
  log: FastifyBaseLogger
  queues: readonly Queue[]
  audit: Audit
  writes: BoardMetrics['writes']
}

/**
 * Hooks that allow or refuse each write. An allowed write is added to the audit stream before it runs, so a
 * crash cannot hide the write. The log shows its result afterwards.
 */
export function createWriteGuard({ log, queues, audit, writes }: Deps) {
  const allowed = new WeakMap<FastifyRequest, Record<string, string>>()
  return {
    /** @throws StoreError if the audit stream cannot be written; then the write does not run */
    onRequest: async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      if (['GET', 'HEAD'].includes(request.method)) return
      const write = descriptionOf(request, queues)
      const refusal = refusalOf(request)
      if (refusal === null && routeOf(request) === SEARCH) return
      if (refusal !== null) {
        writes.inc({ result: 'refused' })
        log.warn({ ...write, why: refusal.why }, 'board write refused')
        await reply.code(refusal.status).send({ error: { key: refusal.key } })
        return
      }
      await audit({ what: 'board write', ...write })
      allowed.set(request, write)
    },

    onSend: async (request: FastifyRequest, { statusCode: status }: FastifyReply): Promise<void> => {
      const [write, result] = [allowed.get(request), status < 400 ? 'done' : 'failed']
      if (write === undefined) return
      writes.inc({ result })
      log.info({ ...write, status, result }, 'board write')
    },
  }
}

function refusalOf(request: FastifyRequest) {
  const route = routeOf(request)
  if (operatorOf(request)?.mayWrite !== true && route !== SEARCH) return READ_ONLY
  if (isForeign(request)) return FOREIGN
  if (route === SEARCH) return null
  const { queueStatus = '' } = textsOf(request.params)
  return OFFERED.has(route) || (route === CLEAN && ENDED.includes(queueStatus)) ? null : NOT_OFFERED
}

const routeOf = ({ method, routeOptions }: FastifyRequest) => `${method} ${routeOptions.url ?? ''}`

/**
 * Tells whether a page of another site sent the request. A browser adds the password to such a request too. Every
 * browser sends Sec-Fetch-Site or Origin with a write, so a request with neither comes from a program.
 */
function isForeign({ headers, host }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin'
  if (headers.origin === undefined) return false
  if (!URL.canParse(headers.origin)) return true
  const from = new URL(headers.origin)
  const here = `${from.protocol}//${host}`
  return !URL.canParse(here) || new URL(here).host !== from.host
}

/** Names the operator, route, queue and job of a write, without unknown values of the URL, which could be secret. */
function descriptionOf(request: FastifyRequest, queues: readonly Queue[]): Record<string, string> {
  const { method, routeOptions, params } = request
  const { queueName, jobId, queueStatus } = textsOf(params)
  const queue = queues.find(({ name }) => name === queueName)?.name ?? 'unknown'
  return {
    user: operatorOf(request)?.user ?? 'none',
    method,
    route: routeOptions.url ?? 'none',
    queue: queueName === undefined ? 'all' : queue,
    ...(jobId === undefined ? {} : { job: JOB_ID.test(jobId) ? jobId : 'other' }),
    ...(queueStatus === undefined ? {} : { jobs: STATUS.test(queueStatus) ? queueStatus : 'other' }),
  }
}

function textsOf(params: unknown): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(params ?? {}).map(([name, value]) => [name, String(value)]))
}
