import underPressure from '@fastify/under-pressure'
import type { FastifyInstance } from 'fastify'
import { Refusal } from '../http/answers.ts'
import type { ApiMetrics } from '../metrics.ts'

export type PressureLimits = { delayMs: number; percent: number }

const RETRY_SECONDS = 5

/**
 * Refuses the requests of the scope it is registered in while the event loop is late. What belongs into
 * that scope is work that can wait; a verify cannot, its code runs out.
 */
export async function shedUnderPressure(
  scope: FastifyInstance,
  { delayMs, percent }: PressureLimits,
  metrics: ApiMetrics,
): Promise<void> {
  if (delayMs === 0 && percent === 0) return
  await scope.register(underPressure, {
    maxEventLoopDelay: delayMs,
    maxEventLoopUtilization: percent / 100,
    // Over the last second, not since the start.
    eventLoopUtilizationMode: 'interval',
    pressureHandler: async () => {
      metrics.refusedBy('event_loop')
      throw new Refusal('busy', { retry_after: RETRY_SECONDS })
    },
  })
}
