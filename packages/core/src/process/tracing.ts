import type { Telemetry } from 'bullmq'

/** What a span may say: names of ours, states and counts. No number, no code, no URL. */
export type Attributes = Record<string, string | number>

export type Span = {
  /** Spans that begin in here, and jobs that are queued, belong to this one. */
  run<T>(act: () => T): T
  end(attributes: Attributes, failed?: boolean): void
}

export type Tracing = {
  /** For the queues and workers of BullMQ: a job carries its trace from one process to the other. */
  telemetry: Telemetry
  begin(name: string, kind: 'server' | 'client', attributes: Attributes): Span
}

/**
 * The traces of this process, or null where none are asked for: then nothing of it is even loaded. Where they
 * go is the business of the SDK that the operator loads into the process; without one they go nowhere.
 */
export async function loadTracing(on: boolean): Promise<Tracing | null> {
  if (!on) return null
  const { createTracing } = await import('./open-telemetry.ts')
  return createTracing()
}

/** For BullMQ's options, which know no null. */
export const telemetryOf = (tracing: Tracing | null) =>
  tracing === null ? {} : { telemetry: tracing.telemetry }
