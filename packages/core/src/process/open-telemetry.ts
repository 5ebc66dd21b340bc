import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { BullMQOtel } from 'bullmq-otel'
import type { Tracing } from './tracing.ts'

const TRACER = 'sms-codes'
const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT }

/** Tracing with the API of OpenTelemetry. tracing.ts loads this file only if tracing is on. */
export function createTracing(): Tracing {
  const tracer = trace.getTracer(TRACER)
  return {
    telemetry: new BullMQOtel({ tracerName: TRACER }),
    begin(name, kind, attributes) {
      const span = tracer.startSpan(name, { kind: KINDS[kind], attributes })
      const inside = trace.setSpan(context.active(), span)
      return {
        run: (act) => context.with(inside, act),
        end(more, failed = false) {
          span.setAttributes(more)
          // Without a message: messages of libraries may contain secrets.
          if (failed) span.setStatus({ code: SpanStatusCode.ERROR })
          span.end()
        },
      }
    },
  }
}
