import type { Send } from '@sms-codes/core/codes/send'
import type { Logger } from '@sms-codes/core/logger'
import type { ReceiptState } from '@sms-codes/core/queues/delivery-receipts'
import type { SendJob } from '@sms-codes/core/queues/send-queue'
import type { Found, Outcome, SmsMessage } from '@sms-codes/gateways/gateway'
import type { Order } from '../gateways/order.ts'
import type { WorkerMetrics } from '../worker-metrics.ts'
import {
  afterAnswer,
  afterClaim,
  beginAttempt,
  isContinued,
  planForDoubt,
  withoutDoubt,
  type Attempt,
  type Delivered,
} from './attempt.ts'
import type { Call } from './call-plan.ts'
import { decide, decideWithoutCalls, type Decision, type End } from './decide.ts'
import { messageIdOf, messageOf } from './message.ts'
import { createSettler, type SettleDeps } from './settle-send.ts'

export type DeliverDeps = SettleDeps & {
  order: Order
  metrics: WorkerMetrics
  log: Logger
  webOtpDomain?: string | undefined
  /** Longer than a gateway call can take, so that a live worker never loses its claim. */
  leaseMs: number
}

/**
 * One attempt at one send over one channel: plan the calls, make them, decide after each answer. Every call is preceded
 * by a claim and followed by a settlement or the next claim. A crash in between leaves a doubt, which the next attempt
 * finds in the record.
 *
 * @throws RetryLater, StoreError: the queue tries again later
 */
export async function deliver(job: SendJob, deps: DeliverDeps, signal: AbortSignal): Promise<Delivered> {
  const { channel, ledger, leaseMs } = deps
  const send: Send = { rid: job.rid, scene: job.scene, n: job.n }
  const log = deps.log.child({ rid: job.rid, n: job.n, to: job.to, channel })
  const settler = createSettler(job, deps, log)
  const gateways = deps.order(job)
  let attempt = beginAttempt(gateways)

  for (;;) {
    const [call, ...calls] = attempt.calls
    if (call === undefined) return settler.finish(attempt, decideWithoutCalls(attempt))

    const { risksSecondSend, gateway } = call
    const options = { fence: attempt.fence, leaseMs, risksSecondSend, channel }
    const claim = await ledger.claim(send, gateway.name, options)
    if (claim.kind === 'busy') return { outcome: 'busy', waitMs: claim.waitMs }
    if (claim.kind === 'unreadable') return settler.unreadable(claim.fence)
    if (claim.kind !== 'go') return settler.withoutClaim(claim)
    const isPlanStale = !isContinued(attempt, claim.fence)
    attempt = afterClaim(attempt, claim)
    if (isPlanStale && attempt.doubt !== null) {
      const state = await deps.followUp?.doubted(job, attempt.doubt.gateway, messageIdOf(send))
      const decision = decideByReceipt(state, attempt.doubt.gateway)
      if (decision !== null) return settler.finish(attempt, decision)
      attempt = planForDoubt(attempt, gateways, attempt.doubt, Date.now())
      continue
    }

    const message = messageOf(claim, send, deps.webOtpDomain)
    const answered = await makeCall(call, message, { ...attempt, calls }, { gateways, deps, log, signal })
    attempt = answered.attempt
    if (answered.decision.kind !== 'next_call') return settler.finish(attempt, answered.decision)
  }
}

/** A delivery receipt that came before the answer resolves a doubt. */
function decideByReceipt(state: ReceiptState | null | undefined, gateway: string): End | null {
  if (state === 'delivered') return { kind: 'sent', gateway, messageId: undefined }
  return state === 'undelivered' ? { kind: 'end', why: 'undelivered', gateway } : null
}

type Answered = { attempt: Attempt; decision: Decision }
type CallContext = { gateways: ReturnType<Order>; deps: DeliverDeps; log: Logger; signal: AbortSignal }

async function makeCall(
  call: Call,
  message: SmsMessage,
  attempt: Attempt,
  { gateways, deps, log, signal }: CallContext,
): Promise<Answered> {
  const { gateway } = call
  if (call.ask === 'look_up') {
    const found = await lookUp(call, message, attempt, signal)
    log.info({ gateway: gateway.name, found: found.found }, 'looked up the message in doubt')
    if (found.found === 'taken') {
      return { attempt, decision: { kind: 'sent', gateway: gateway.name, messageId: found.messageId } }
    }
    const next = found.found === 'refused' ? withoutDoubt(attempt, gateways) : attempt
    return { attempt: next, decision: { kind: 'next_call' } }
  }
  const outcome = await gateway.send(message, signal)
  deps.metrics.called(deps.channel, gateway.name, outcome.class)
  logOutcome(log, gateway.name, outcome, attempt.doubt?.gateway === gateway.name)
  const next = afterAnswer(attempt, call, outcome)
  return { attempt: next, decision: decide(outcome, call, next) }
}

async function lookUp(
  { gateway }: Call,
  message: SmsMessage,
  { doubt }: Attempt,
  signal: AbortSignal,
): Promise<Found> {
  if (gateway.lookUp === undefined || doubt === null) return { found: 'unknown' }
  return gateway.lookUp(message, new Date(doubt.sinceMs), signal)
}

/** Logs each answer that an operator may have to act on. */
function logOutcome(log: Logger, gateway: string, outcome: Outcome, isRepeat: boolean): void {
  const line = { gateway, class: outcome.class, code: outcome.code }
  if (outcome.class === 'accepted') return
  if (outcome.class === 'duplicate') {
    if (!isRepeat) log.error(line, 'gateway recognised a message that was not sent before')
    return
  }
  const level = outcome.class === 'config' || outcome.class === 'template' ? 'error' : 'warn'
  log[level](
    line,
    outcome.class === 'ambiguous' ? 'gateway outcome unknown' : 'gateway did not accept the message',
  )
}
