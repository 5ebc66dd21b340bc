import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Span, Tracing } from '@sms-codes/core/process/tracing'

/**
 * Hooks that make a span of every request, named by its route and never by its URL. A trace begins here: a
 * caller cannot choose its id, as anybody may call.
 */
export function traceRequests(tracing: Tracing) {
  const spans = new WeakMap<FastifyRequest, Span>()
  return {
    onRequest: (request: FastifyRequest, _reply: FastifyReply, next: () => void): void => {
      const { method } = request
      const route = request.routeOptions.url ?? 'none'
      const attributes = { 'http.request.method': method, 'http.route': route }
      const span = tracing.begin(`${method} ${route}`, 'server', attributes)
      spans.set(request, span)
      span.run(next)
    },

    /** Reading a body leaves the span: its events are those of the socket. */
    preValidation: (request: FastifyRequest, _reply: FastifyReply, next: () => void): void => {
      const span = spans.get(request)
      if (span === undefined) next()
      else span.run(next)
    },

    onResponse: async (request: FastifyRequest, { statusCode, retcode }: FastifyReply): Promise<void> => {
      const attributes = { 'http.response.status_code': statusCode, 'sms.retcode': retcode }
      spans.get(request)?.end(attributes, statusCode >= 500)
    },
  }
}
