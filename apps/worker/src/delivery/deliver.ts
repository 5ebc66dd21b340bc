import type { Traffic } from '@sms-codes/core/history/traffic'
import type { Logger } from '@sms-codes/core/logger'
import type { SendJob } from '@sms-codes/core/queues/send-queue'
import type { Outcome } from '@sms-codes/gateways/gateway'
import type { Order } from '../gateways/order.ts'
import type { Answer } from '../gateways/skipping-gateway.ts'
import type { WorkerMetrics } from '../worker-metrics.ts'
import { afterAnswer, beginAttempt, mayHaveLeft, timeCall, type Delivered } from './attempt.ts'
import { planCalls, planCallsInDoubt, type Call } from './call-plan.ts'
import { decide, decideByReceipt, decideWithoutCalls } from './decide.ts'
import { messageIdOf, type MessageOf } from './message.ts'
import { createSettler, type SettleDeps } from './settle-send.ts'

export type DeliverDeps = SettleDeps & {
  order: Order
  metrics: WorkerMetrics
  traffic: Traffic
  log: Logger
  messageOf: MessageOf
  /** The ms that a claim (the right to one gateway call) lasts: longer than the call, so a live worker keeps it. */
  leaseMs: number
}

/** Added to the ms that another worker's claim on the send still lasts, so the job starts after the claim ended. */
const AFTER_LEASE_MS = 50
const QUOTA_FULL: Answer = { class: 'skipped', code: 'QUOTA_FULL' }

/**
 * After these answers to the first try of a message, the vendor has counted the message in its quota, or may have. A
 * `duplicate` to a first try is about another message.
 */
const COUNTED: readonly Answer['class'][] = ['accepted', 'ambiguous']

/**
 * Makes one attempt at one send over one channel: plans the calls and makes them until an answer ends the attempt.
 * Each call needs a claim. A settlement or the next claim ends the claim. If the worker dies before that, the gateway
 * may have taken the message. The next attempt finds this doubt in the code record.
 * @throws RetryLater or StoreError, after which the queue runs the job again
 */
export async function deliver(job: SendJob, deps: DeliverDeps, signal: AbortSignal): Promise<Delivered> {
  const { channel, leaseMs } = deps
  const log = deps.log.child({ rid: job.rid, n: job.n, to: job.to, channel })
  const settler = createSettler(job, deps, log)
  const gateways = deps.order(job)
  if (gateways.length === 0) return { outcome: 'not_served' }
  const messageId = messageIdOf(job)
  let attempt = beginAttempt(gateways)

  for (;;) {
    const [call, ...calls] = attempt.calls
    if (call === undefined) return settler.finish(attempt, decideWithoutCalls(attempt))

    const { gateway, risksSecondSend } = call
    const quota = call.ask === 'send' && gateway.quota ? { messageId, windows: gateway.quota } : undefined
    const { fence: ownFence, unrecorded: answer } = attempt
    const options = { fence: ownFence, leaseMs, risksSecondSend, channel, quota, answer }
    const claim = await deps.ledger.claim(job, gateway.name, options)
    if (claim.kind === 'busy') return { outcome: 'waiting', waitMs: claim.waitMs + AFTER_LEASE_MS }
    if (claim.kind === 'no_key') return { outcome: 'no_key', kid: claim.kid }
    if (claim.kind === 'unreadable') return settler.unreadable(claim.fence)
    if (claim.kind !== 'go') return settler.withoutClaim(claim)

    if (claim.lapsedGateway !== '') deps.metrics.doubted(claim.lapsedGateway)
    // If this attempt also made the previous claim, its `doubt` is valid. Otherwise the code record has the doubt.
    const isContinued = ownFence !== 0 && claim.fence === ownFence + 1
    const { doubt, secondSendRisked } = isContinued ? attempt : claim
    const { fence, ageMs, moves, mayMove, grouped } = claim
    attempt = { ...attempt, fence, ageMs, moves, mayMove, grouped, doubt, secondSendRisked, unrecorded: null }
    if (!isContinued && doubt !== null) {
      const state = await deps.followUp?.doubted(job, doubt.gateway, messageId)
      const end = decideByReceipt(state, doubt.gateway)
      if (end !== null) return settler.finish(attempt, end)
      // The new plan may begin with another gateway, and every call needs its own claim.
      attempt = { ...attempt, calls: planCallsInDoubt(gateways, doubt, secondSendRisked, Date.now()) }
      continue
    }

    attempt = { ...attempt, calls }
    const message = deps.messageOf(messageId, job, claim)
    const answered = timeCall(channel, gateway.name)
    if (call.ask === 'look_up') {
      const asked = doubt && (await gateway.lookUp?.(message, new Date(doubt.sinceMs), signal))
      const look = asked ?? { found: 'unknown' as const }
      log.info({ gateway: gateway.name, found: look.found }, 'looked up the message in doubt')
      attempt = { ...attempt, unrecorded: answered(look.found) }
      if (look.found === 'taken')
        return settler.finish(attempt, { kind: 'sent', gateway: gateway.name, messageId: look.messageId })
      // The gateway in doubt refused the message: the doubt is resolved, and every gateway may be called again.
      if (look.found === 'refused') attempt = { ...attempt, doubt: null, calls: planCalls(gateways) }
      continue
    }
    const outcome = claim.quota === 'full' ? QUOTA_FULL : await gateway.send(message, signal)
    attempt = { ...attempt, unrecorded: answered(outcome.class, outcome.code) }
    // A message that an earlier try counted stays counted, because the vendor may have taken the message then.
    if (claim.quota === 'taken' && !COUNTED.includes(outcome.class))
      await deps.ledger
        .giveQuotaBack(job, gateway.name, messageId)
        .catch((err: unknown) => log.warn({ err }, 'quota not given back'))
    const isRepeat = doubt?.gateway === gateway.name
    countAnswer(call, outcome, isRepeat, deps)
    if (outcome.class !== 'skipped') logOutcome(log, gateway.name, outcome, isRepeat)
    attempt = afterAnswer(attempt, call, outcome)
    const decision = decide(outcome, call, attempt)
    if (decision.kind !== 'next_call') return settler.finish(attempt, decision)
  }
}

function countAnswer(
  { gateway: { name }, risksSecondSend }: Call,
  outcome: Answer,
  isRepeat: boolean,
  deps: DeliverDeps,
): void {
  const { channel, metrics, traffic } = deps
  if (outcome.class === 'skipped') return metrics.skipped(name, outcome.code)
  metrics.called(channel, name, outcome.class)
  if (outcome.class === 'ambiguous') metrics.doubted(name)
  if (risksSecondSend && mayHaveLeft(outcome)) metrics.secondMessage()
  const isTaken = outcome.class === 'duplicate' && isRepeat
  traffic.answered(name, isTaken ? 'accepted' : outcome.class, outcome.code)
}

/** Logs each answer that an operator may have to act on. */
function logOutcome(log: Logger, gateway: string, outcome: Outcome, isRepeat: boolean): void {
  const { class: cls, code } = outcome
  if (cls === 'accepted' || (cls === 'duplicate' && isRepeat)) return
  const level = ['duplicate', 'config', 'template'].includes(cls) ? 'error' : 'warn'
  let text = 'gateway did not accept the message'
  if (cls === 'duplicate') text = 'gateway recognised a message that was not sent before'
  if (cls === 'ambiguous') text = 'gateway outcome unknown'
  log[level]({ gateway, class: cls, code }, text)
}
