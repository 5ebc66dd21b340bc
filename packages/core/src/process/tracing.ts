import type { Telemetry } from 'bullmq'

/** What a span may contain: our own names, states and counts. No number, no code, no URL. */
export type Attributes = Record<string, string | number>

export type Span = {
  /** Spans that begin inside `act`, and jobs that it adds, become children of this span. */
  run<T>(act: () => T): T
  end(attributes: Attributes, failed?: boolean): void
}

export type Tracing = {
  /** For the queues and workers of BullMQ: a job carries its trace from one process to another. */
  telemetry: Telemetry
  begin(name: string, kind: 'server' | 'client', attributes: Attributes): Span
}

/**
 * The tracing of this process; null if it is off, and then no module of OpenTelemetry is loaded. The SDK that the
 * operator loads into the process decides where the spans are sent; without an SDK they are dropped.
 */
export async function loadTracing(on: boolean): Promise<Tracing | null> {
  if (!on) return null
  const { createTracing } = await import('./open-telemetry.ts')
  return createTracing()
}

/** The option for BullMQ, which does not accept null. */
export const telemetryOf = (tracing: Tracing | null) =>
  tracing === null ? {} : { telemetry: tracing.telemetry }
