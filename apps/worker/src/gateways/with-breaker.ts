import CircuitBreaker from 'opossum'
import type { Logger } from '@sms-codes/core/logger'
import type { Outcome, OutcomeClass, SmsGateway, SmsMessage } from '@sms-codes/gateways/gateway'
import type { WorkerMetrics } from '../worker-metrics.ts'
import type { SkippingGateway } from './skipping-gateway.ts'

type BreakerDeps = {
  metrics: Pick<WorkerMetrics, 'breaker' | 'callTook'>
  log: Logger
  probeAfterMs?: number
}

/** The outcomes that count as failed calls: faults of the gateway, and not of a number or a template. */
const UNHEALTHY: readonly OutcomeClass[] = ['switch_now', 'ambiguous', 'config']
/** These codes say nothing about the gateway: the worker aborted the call, or lacks the key of one phone's contact. */
const NOT_OF_GATEWAY = ['ABORTED', 'KEY_MISSING']

/** Makes opossum count an outcome as a failed call. */
class UnhealthyError extends Error {
  override readonly name = 'UnhealthyError'
  readonly outcome: Outcome

  constructor(outcome: Outcome) {
    super(outcome.code)
    this.outcome = outcome
  }
}

/**
 * Adds a circuit breaker. While the breaker is open, it skips every call, and the message goes to the next gateway
 * without a timeout. It opens when more than half of at least five calls in 10 seconds failed. It opens
 * at once for a `config` outcome, because every further call would fail too. After `probeAfterMs` it lets one call at
 * a time through, and a success closes the breaker.
 */
export function withBreaker(gateway: SmsGateway, deps: BreakerDeps): SkippingGateway {
  const { metrics, log, probeAfterMs = 5_000 } = deps
  const { name } = gateway
  const call = async (message: SmsMessage, signal: AbortSignal): Promise<Outcome> => {
    const began = performance.now()
    const outcome = await gateway
      .send(message, signal)
      .finally(() => metrics.callTook(name, (performance.now() - began) / 1000))
    if (UNHEALTHY.includes(outcome.class) && !NOT_OF_GATEWAY.includes(outcome.code))
      throw new UnhealthyError(outcome)
    return outcome
  }
  const breaker = new CircuitBreaker(call, {
    name,
    // The transport has its own deadline. A timeout here could not tell whether the message was sent.
    timeout: false,
    rollingCountTimeout: 10_000,
    volumeThreshold: 5,
    errorThresholdPercentage: 50,
    resetTimeout: probeAfterMs,
  })
  metrics.breaker(name, false)
  let isReported = false
  breaker.on('open', () => {
    metrics.breaker(name, true)
    // opossum also emits `open` after each failed probe.
    if (!isReported) log.error({ gateway: name }, 'gateway unhealthy, circuit breaker opened')
    isReported = true
  })
  breaker.on('close', () => {
    metrics.breaker(name, false)
    isReported = false
    log.info({ gateway: name }, 'gateway healthy again, circuit breaker closed')
  })

  return {
    ...gateway,
    async send(message, signal) {
      try {
        return await breaker.fire(message, signal)
      } catch (err) {
        if (err instanceof Error && CircuitBreaker.isOurError(err))
          return { class: 'skipped', code: 'BREAKER_OPEN' }
        if (!(err instanceof UnhealthyError)) throw err
        if (err.outcome.class === 'config') breaker.open()
        return err.outcome
      }
    },
  }
}
