// What an operator would load by NODE_OPTIONS=--import: an SDK. This one writes each span as a line to the
// standard output, where the tests read the logs.
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
