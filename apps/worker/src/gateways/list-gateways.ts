import type { Limits } from '@sms-codes/core/limits/limits'
import type { Logger } from '@sms-codes/core/logger'
import { maskMobile } from '@sms-codes/core/mobile'
import type { Tracing } from '@sms-codes/core/process/tracing'
import type { Transport } from '@sms-codes/gateways/transport'
import type { ConfiguredGateway } from '@sms-codes/gateways/vendor'
import type { WorkerMetrics } from '../worker-metrics.ts'
import { withSwitch, type Switches } from './operator-switch.ts'
import type { SkippingGateway } from './skipping-gateway.ts'
import { withBreaker } from './with-breaker.ts'
import { withRate } from './with-limits.ts'
import { withTrace } from './with-trace.ts'

type GatewayDeps = {
  transport: Transport
  limits: Limits
  metrics: WorkerMetrics
  log: Logger
  switches: Pick<Switches, 'isOff'>
  tracing?: Tracing | null
}

/**
 * Returns the configured gateways in the configured order. The order of the decorators matters:
 * - The rate is outside the breaker, because a message that exceeds the rate says nothing about the gateway.
 * - The switch is outside both, because a gateway that is switched off is not called.
 * - The trace is inside the breaker, so that only real calls have a span.
 */
export function listGateways(gateways: readonly ConfiguredGateway[], deps: GatewayDeps): SkippingGateway[] {
  const { transport, switches, tracing = null } = deps
  const writeLine = (line: string) => void process.stdout.write(line)
  return gateways.map(({ create, rate, quota, countries, weight }) => {
    const traced = withTrace(create({ transport, writeLine, maskMobile }), tracing)
    const limited = withRate(withBreaker(traced, deps), rate, deps)
    return { ...withSwitch(limited, switches), quota, countries, weight }
  })
}
