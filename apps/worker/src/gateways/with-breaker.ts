import CircuitBreaker from 'opossum'
import type { Logger } from '@sms-codes/core/logger'
import type { Outcome, OutcomeClass, SmsMessage } from '@sms-codes/gateways/gateway'
import type { ListedGateway } from './list-gateways.ts'
import type { WorkerMetrics } from '../worker-metrics.ts'

export type BreakerDeps = { metrics: Pick<WorkerMetrics, 'breaker'>; log: Logger; probeAfterMs?: number }

/** What says that a gateway is ill, and not that a number or a template is. */
const ILL: readonly OutcomeClass[] = ['switch_now', 'ambiguous', 'config']

class Ill extends Error {
  override readonly name = 'Ill'
  readonly outcome: Outcome

  constructor(outcome: Outcome) {
    super(outcome.code)
    this.outcome = outcome
  }
}

/**
 * Spares an ill gateway calls, and its messages the wait: while it is open every send is refused at once, so
 * the next gateway has it. Opens when half of at least five calls in 10 seconds failed, or at once when our
 * own account is at fault; then one call at a time tries whether it is well again.
 */
export function withBreaker(
  gateway: ListedGateway,
  { metrics, log, probeAfterMs = 5_000 }: BreakerDeps,
): ListedGateway {
  const { name } = gateway
  const call = async (message: SmsMessage, signal: AbortSignal): Promise<Outcome> => {
    const outcome = await gateway.send(message, signal)
    // A call that we ended ourselves says nothing about the gateway.
    if (ILL.includes(outcome.class) && outcome.code !== 'ABORTED') throw new Ill(outcome)
    return outcome
  }
  const breaker = new CircuitBreaker(call, {
    name,
    // A gateway call has a deadline of its own, and a second one here could not tell whether it was sent.
    timeout: false,
    rollingCountTimeout: 10_000,
    volumeThreshold: 5,
    errorThresholdPercentage: 50,
    resetTimeout: probeAfterMs,
  })
  metrics.breaker(name, false)
  breaker.on('open', () => {
    metrics.breaker(name, true)
    log.error({ gateway: name }, 'gateway is ill, breaker open')
  })
  breaker.on('close', () => {
    metrics.breaker(name, false)
    log.info({ gateway: name }, 'gateway is well again, breaker closed')
  })

  return {
    ...gateway,
    async send(message, signal) {
      try {
        return await breaker.fire(message, signal)
      } catch (err) {
        if (err instanceof Ill) {
          if (err.outcome.class === 'config') breaker.open()
          return err.outcome
        }
        if (err instanceof Error && CircuitBreaker.isOurError(err))
          return { class: 'switch_now', code: 'BREAKER_OPEN' }
        throw err
      }
    },
  }
}
