import type { Telemetry } from 'bullmq'

const NAME = 'sms-codes'

/** A span contains only our own names, states and counts: no phone number, no code and no URL. */
type Attributes = Record<string, string | number>

/**
 * Loads the tracing of this process. If tracing is off, the result is null and no module of OpenTelemetry is loaded.
 * The SDK that the operator loads into the process decides where spans are sent. Without an SDK, spans are dropped.
 */
export async function loadTracing(on: boolean) {
  if (!on) return null
  const { context, SpanKind, SpanStatusCode, trace } = await import('@opentelemetry/api')
  const { BullMQOtel } = await import('bullmq-otel')
  // The queues and workers of BullMQ use this telemetry, so a job carries its trace from one process to another.
  const telemetry: Telemetry = new BullMQOtel({ tracerName: NAME })
  const tracer = trace.getTracer(NAME)
  const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT }
  return {
    telemetry,
    begin(name: string, kind: 'server' | 'client', attributes: Attributes) {
      const span = tracer.startSpan(name, { kind: kinds[kind], attributes })
      const inside = trace.setSpan(context.active(), span)
      return {
        /** Spans that begin inside `act`, and jobs that `act` adds, become children of this span. */
        run: <T>(act: () => T): T => context.with(inside, act),
        end(more: Attributes, failed = false): void {
          span.setAttributes(more)
          // The status gets no message, because messages of libraries may contain secrets.
          if (failed) span.setStatus({ code: SpanStatusCode.ERROR })
          span.end()
        },
      }
    },
  }
}
export type Tracing = NonNullable<Awaited<ReturnType<typeof loadTracing>>>
export type Span = ReturnType<Tracing['begin']>

/** The option for BullMQ, which does not accept null. */
export const telemetryOf = (tracing: Tracing | null) =>
  tracing === null ? {} : { telemetry: tracing.telemetry }
