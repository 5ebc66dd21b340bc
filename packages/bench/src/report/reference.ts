// Figures of other machines, as multiples of a request to bare Fastify, so that machines compare.
import type { Spread } from '../statistics.ts'
import type { Results } from '../run.ts'

/** The CPU time of a request to bare Fastify in the hour in which the goals were set and the seed was measured. */
export const REFERENCE_BARE_MICROS = 18.5

/**
 * The CPU time of the seed (the Django view with Celery that this service replaces) for one message: its view, and its
 * worker with a gateway of 0 ms and with one of 50 ms. It was measured once and does not run in this benchmark.
 */
const SEED_VIEW_MICROS = 1_183
const SEED_WORKER_MICROS = { '0': 1_030, '50': 2_500 }

export type BesideSeed = { gatewayMs: '0' | '50'; times: number }

/** How many times the CPU time of API and worker the seed needs for a message. Empty without both figures. */
export function besideSeed(results: Results): BesideSeed[] {
  const send = inBare(results, 'send')
  return (['0', '50'] as const).flatMap((gatewayMs) => {
    const worker = inBare(results, `worker, gateway of ${gatewayMs} ms`)
    if (send === null || worker === null) return []
    const seed = (SEED_VIEW_MICROS + SEED_WORKER_MICROS[gatewayMs]) / REFERENCE_BARE_MICROS
    return [{ gatewayMs, times: seed / (send + worker) }]
  })
}

/** The CPU time of one success, in requests to bare Fastify. Null if it was not measured. */
export function inBare({ summaries }: Results, name: string): number | null {
  const ratio = summaries.find((summary) => summary.name === name)?.ofBareFastify
  return ratio === null || ratio === undefined ? null : 1 / ratio.median
}

export const medianOf = (spread: Spread | null | undefined): number | null => spread?.median ?? null
