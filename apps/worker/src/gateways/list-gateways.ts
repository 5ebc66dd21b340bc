import type { Quota } from '@sms-codes/core/redis/keys'
import type { Keyring } from '@sms-codes/core/keyring'
import type { Limits } from '@sms-codes/core/limits/limits'
import type { Logger } from '@sms-codes/core/logger'
import type { Quotas } from './quotas.ts'
import type { Tracing } from '@sms-codes/core/process/tracing'
import { createAliyunGateway } from '@sms-codes/gateways/aliyun/gateway'
import { createCcpGateway } from '@sms-codes/gateways/ccp/gateway'
import { chinaClock } from '@sms-codes/gateways/china-clock'
import { createConsoleGateway } from '@sms-codes/gateways/console/gateway'
import type { LookUp, SmsGateway } from '@sms-codes/gateways/gateway'
import { createTencentGateway } from '@sms-codes/gateways/tencent/gateway'
import type { Transport } from '@sms-codes/gateways/transport'
import { createTwilioGateway } from '@sms-codes/gateways/twilio/gateway'
import { createWebhookGateway } from '@sms-codes/gateways/webhook/gateway'
import { withQuota, withRate } from './with-limits.ts'
import { withBreaker } from './with-breaker.ts'
import type { WorkerConfig } from '../config/config.ts'
import type { WorkerMetrics } from '../worker-metrics.ts'
import { withTrace } from './with-trace.ts'

/** A gateway, and what can be done there about a message that it may have already. */
export type ListedGateway = SmsGateway & {
  /** Whether it takes a message it had at `sinceMs` for the same one now, and so does not send it twice. */
  readonly recognises: (sinceMs: number, nowMs: number) => boolean
  readonly lookUp?: LookUp
}

export type GatewayDeps = {
  transport: Transport
  limits: Limits
  quotas: Quotas
  keyring: Keyring
  metrics: WorkerMetrics
  log: Logger
  tracing?: Tracing | null
}

const never = () => false
// CCP knows an id for one day of its calendar, China's.
const sameDayInChina = (sinceMs: number, nowMs: number) => chinaDay(sinceMs) === chinaDay(nowMs)
const chinaDay = (ms: number) => chinaClock(new Date(ms)).slice(0, 8)

/** Gateways whose allowance for one number we mirror. */
const MIRRORED: Readonly<Record<string, Quota>> = { ccp: 'ccp', aliyun: 'aliyun', tencent: 'tencent' }

/** The gateways of the configuration, in its order, each with its allowance, its rate and its breaker. */
export function listGateways(config: WorkerConfig, deps: GatewayDeps): ListedGateway[] {
  const { transport, limits } = deps
  const { ccp, aliyun, tencent, twilio, webhook } = config
  const makers: Record<string, () => ListedGateway> = {
    ccp: () => ({ ...createCcpGateway({ ...ccp, transport }), recognises: sameDayInChina }),
    aliyun: () => ({ ...createAliyunGateway({ ...aliyun, transport }), recognises: never }),
    tencent: () => ({ ...createTencentGateway({ ...tencent, transport }), recognises: never }),
    twilio: () => ({ ...createTwilioGateway({ ...twilio, transport }), recognises: never }),
    webhook: () => ({
      ...createWebhookGateway({ ...webhook, transport }),
      recognises: () => webhook.idempotent,
    }),
    console: () => ({
      ...createConsoleGateway({ write: (line) => process.stdout.write(line) }),
      recognises: never,
    }),
  }
  return config.gateways.flatMap((name) => {
    const gateway = makers[name]?.()
    if (gateway === undefined) return []
    const perSecond = config.rates[name]
    const breaking = withBreaker(withTrace(gateway, deps.tracing ?? null), deps)
    const rated = perSecond === undefined ? breaking : withRate(breaking, perSecond, limits)
    const mirrored = MIRRORED[name]
    return [mirrored === undefined || !config.vendorQuotas ? rated : withQuota(rated, mirrored, deps)]
  })
}
