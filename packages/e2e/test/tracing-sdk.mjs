// An OpenTelemetry SDK such as an operator loads with NODE_OPTIONS=--import. It writes each span as a line to
// standard output, from which the tests read it.
import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'

const exporter = {
  export(spans, done) {
    for (const span of spans) {
      const { name, kind, attributes, events, status } = span
      const { traceId, spanId } = span.spanContext()
      const parent = span.parentSpanContext?.spanId ?? null
      const line = { traceId, spanId, parent, name, kind, attributes, events, status }
      process.stdout.write(`${JSON.stringify({ span: line })}\n`)
    }
    done({ code: 0 })
  },
  shutdown: async () => {},
}

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
propagation.setGlobalPropagator(new W3CTraceContextPropagator())
trace.setGlobalTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
)
