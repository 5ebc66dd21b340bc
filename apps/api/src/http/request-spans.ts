import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Span, Tracing } from '@sms-codes/core/process/tracing'
import { retcodeOf } from './reply-retcode.ts'

/**
 * Adds hooks that make a span for every request. The name of a span contains the route and never the URL. A request
 * always begins a new trace, because a public caller must not choose the trace id.
 */
export function traceRequests(app: FastifyInstance, tracing: Tracing): void {
  const spans = new WeakMap<FastifyRequest, Span>()

  app.addHook('onRequest', (request, _reply, next) => {
    const { method } = request
    const route = request.routeOptions.url ?? 'none'
    const attributes = { 'http.request.method': method, 'http.route': route }
    const span = tracing.begin(`${method} ${route}`, 'server', attributes)
    spans.set(request, span)
    span.run(next)
  })

  // The socket events that deliver the body run outside of the span, so this hook enters the span again.
  app.addHook('preValidation', (request, _reply, next) => {
    const span = spans.get(request)
    if (span === undefined) next()
    else span.run(next)
  })

  app.addHook('onResponse', async (request, reply) => {
    const { statusCode } = reply
    const attributes = { 'http.response.status_code': statusCode, 'sms.retcode': retcodeOf(reply) }
    spans.get(request)?.end(attributes, statusCode >= 500)
  })
}
