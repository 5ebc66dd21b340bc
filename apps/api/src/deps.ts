import type { CodeStore } from '@sms-codes/core/codes/code-store'
import type { Contacts } from '@sms-codes/core/codes/contacts'
import type { SendLedger } from '@sms-codes/core/codes/send-ledger'
import type { FallbackRules } from '@sms-codes/core/config/scenes'
import type { DeliveryReceipts } from '@sms-codes/core/queues/delivery-receipts'
import type { SendQueue } from '@sms-codes/core/queues/send-queue'
import type { ReceiptParser } from '@sms-codes/gateways/delivery-receipt'
import type { ListCheck } from './abuse/allow-deny-lists.ts'
import type { Backlog } from './abuse/backpressure.ts'
import type { CallerOf } from './abuse/caller.ts'
import type { PumpingGuard } from './abuse/pumping-guard.ts'
import type { RateLimits } from './abuse/rate-limits.ts'
import type { StepUpLevelOf } from './abuse/step-up.ts'
import type { Proofs } from './captcha/proofs.ts'
import type { Captchas } from './captcha/store.ts'
import type { ApiConfig } from './config/config.ts'
import type { Idempotency } from './http/idempotency.ts'
import type { ApiMetrics } from './metrics.ts'
import type { Receipts } from './receipts/receipts.ts'
import type { TestNumbers } from './test-numbers.ts'

/** The parts of the API. Each route picks the parts that it needs, so that its signature shows them. */
export type ApiDeps = Pick<ApiConfig, 'corsOrigins' | 'apiKeys'> & {
  // Who calls, and what a caller may do
  callerOf: CallerOf
  backlog: Backlog
  captchas: Captchas
  proofs: Proofs
  stepUpLevelOf: StepUpLevelOf
  rateLimits: RateLimits
  checkLists: ListCheck
  guard: PumpingGuard
  idempotency: Idempotency
  // Codes and sends
  scenes: readonly string[]
  codeLength: (scene: string) => number
  codes: CodeStore
  contacts: Contacts
  ledger: Pick<SendLedger, 'settleUnclaimed' | 'report'>
  queue: SendQueue
  /** The producer's side of the `email` queue. */
  mails: SendQueue
  rules: FallbackRules
  testNumbers: TestNumbers
  receipts: Receipts
  // Delivery receipts
  deliveryReceipts: DeliveryReceipts
  /** By the name of the gateway. */
  deliveryReceiptParsers: ReadonlyMap<string, ReceiptParser>
  callbackToken: string
  callbackAddresses: readonly string[]

  metrics: ApiMetrics
}
