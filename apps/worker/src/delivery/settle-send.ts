import type { Channel } from '@sms-codes/core/codes/send'
import type { Claim, SendLedger, Settlement } from '@sms-codes/core/codes/send-ledger'
import type { GuardCounts, Grouped } from '@sms-codes/core/limits/guard-counts'
import type { Logger } from '@sms-codes/core/logger'
import type { SendJob } from '@sms-codes/core/queues/send-queue'
import type { WorkerMetrics } from '../worker-metrics.ts'
import type { Attempt, Delivered, EndReason } from './attempt.ts'
import type { End, Retry } from './decide.ts'
import type { EmailFallback } from './email-fallback.ts'
import { messageIdOf } from './message.ts'
import type { ReceiptFollowUp } from './receipt-follow-up.ts'

export type SettleDeps = {
  channel: Channel
  ledger: SendLedger
  metrics: Pick<WorkerMetrics, 'ended'>
  /** Null if the send cannot move to another channel. */
  fallback: EmailFallback | null
  /** Null if no gateway of the channel sends delivery receipts. */
  followUp: ReceiptFollowUp | null
  /** Absent on the channel email, because the guard against SMS pumping counts only SMS. */
  guardCounts?: Pick<GuardCounts, 'countSent'>
}

/** Thrown for a send that has not ended. The queue runs the job again after a delay within the two limits below. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater'
  readonly atLeastMs: number | undefined
  readonly atMostMs: number | undefined

  constructor(reason: string, atLeastMs: number | undefined, atMostMs: number | undefined) {
    super(reason)
    this.atLeastMs = atLeastMs
    this.atMostMs = atMostMs
  }
}

/** `by` is the gateway that accepted the message, or the reason for which the channel ended the send. */
type Ended = { status: 'sent' | 'fell_back'; by: string } | { status: 'failed' | 'moved'; by: EndReason }

/**
 * Counts and logs the end of a send on its channel, after a worker wrote the end to the code record.
 * @param isWritten false if the record had a newer claim or an end already, so that nothing was written
 */
export function countEnd(
  { status, by }: Ended,
  isWritten: boolean,
  metrics: SettleDeps['metrics'],
  log: Logger,
): void {
  if (isWritten) metrics.ended(status, by)
  if (status === 'sent' || status === 'fell_back') log.info({ by }, status)
  else log.warn({ by }, status === 'moved' ? 'moved to e-mail' : status)
}

/** Carries out the end of an attempt. A settlement writes the result of the newest claim to the code record. */
export function createSettler(job: SendJob, deps: SettleDeps, log: Logger) {
  const { channel, ledger, metrics, fallback, followUp, guardCounts } = deps

  const settle = (attempt: Attempt, what: Omit<Settlement, 'channel'>) =>
    ledger.settle(job, attempt.fence, {
      channel,
      doubtedGateway: attempt.doubt?.gateway,
      secondSendRisked: attempt.secondSendRisked,
      ...what,
    })

  /** Counts a send that a gateway accepted. The delivery does not wait for the count, and a repeat changes nothing. */
  function count(grouped: Grouped | null): void {
    if (grouped === null) return
    guardCounts
      ?.countSent(job, grouped)
      .catch((err: unknown) => log.warn({ err }, 'send not counted by the pumping guard'))
  }

  async function sent(attempt: Attempt, gateway: string, messageId: string | undefined): Promise<Delivered> {
    const status = channel === 'email' ? 'fell_back' : 'sent'
    count(attempt.grouped)
    const isWritten = await settle(attempt, { status, gateway, messageId })
    countEnd({ status, by: gateway }, isWritten, metrics, log)
    // If this step fails, the job runs again, finds the send `sent`, and repeats the step.
    await followUp?.sent(job, gateway, messageId ?? messageIdOf(job))
    return { outcome: status, why: gateway }
  }

  /** Moves the send to e-mail if the fallback is open (see email-fallback.ts), and otherwise fails the send. */
  async function end(
    attempt: Attempt,
    why: EndReason,
    what: Pick<Settlement, 'gateway' | 'doubtedGateway'>,
  ): Promise<Delivered> {
    // A vendor that could not deliver a message had accepted it.
    if (why === 'undelivered') count(attempt.grouped)
    const isMoving = fallback !== null && (await fallback.isOpen(job))
    const status = isMoving ? 'moved' : 'failed'
    // When a mail fails, the record keeps the reason for which the SMS failed.
    const reason = channel === 'email' ? undefined : why
    const isWritten = await settle(attempt, { status, ...what, reason })
    if (isWritten && isMoving) await fallback.queue(job)
    countEnd({ status, by: why }, isWritten, metrics, log)
    return { outcome: status, why }
  }

  /** @throws RetryLater unless the send is moved to e-mail */
  async function retry(attempt: Attempt, { reason, gateway, doubted, atLeastMs, orMoveToEmail }: Retry) {
    const what = { gateway, ...(doubted === true && { doubtedGateway: gateway }) }
    const isOpen = orMoveToEmail !== undefined && fallback !== null && (await fallback.isOpen(job))
    if (isOpen && attempt.ageMs >= fallback.afterMs) return end(attempt, orMoveToEmail, what)
    await settle(attempt, { status: 'queued', ...what })
    // If an e-mail may replace the SMS and this call left no doubt, the retry comes at the age `afterMs` at the latest.
    const atMostMs = isOpen && doubted !== true ? fallback.afterMs - attempt.ageMs : undefined
    throw new RetryLater(reason, atLeastMs, atMostMs)
  }

  return {
    /** @throws RetryLater */
    async finish(attempt: Attempt, decision: End): Promise<Delivered> {
      if (decision.kind === 'sent') return sent(attempt, decision.gateway, decision.messageId)
      if (decision.kind === 'retry') return retry(attempt, decision)
      if (decision.kind === 'wait') {
        await settle(attempt, { status: 'queued' })
        return { outcome: 'waiting', waitMs: decision.waitMs }
      }
      return end(attempt, decision.why, { gateway: decision.gateway })
    },

    /** Fails a send whose encrypted message cannot be read with the keys of this process. */
    async unreadable(fence: number): Promise<Delivered> {
      const isWritten = await ledger.settle(job, fence, { status: 'failed', channel, reason: 'unreadable' })
      countEnd({ status: 'failed', by: 'unreadable' }, isWritten, metrics, log)
      return { outcome: 'failed', why: 'unreadable' }
    },

    /** Ends an attempt that got no claim. Repeats what follows a settlement: the settling worker may have died. */
    async withoutClaim(claim: Extract<Claim, { kind: 'gone' | 'late' | 'done' }>): Promise<Delivered> {
      if (claim.kind === 'late') {
        countEnd({ status: 'failed', by: 'late' }, true, metrics, log)
        return { outcome: 'gone', why: 'late' }
      }
      log.info({ why: claim.kind === 'gone' ? claim.reason : claim.status }, 'nothing to send')
      if (claim.kind === 'gone') {
        if (claim.reason === 'moved') await fallback?.queue(job)
        return { outcome: 'gone', why: claim.reason }
      }
      // A delivery receipt may have ended a send in doubt.
      if (claim.status === 'sent' || claim.status === 'delivered') count(claim.grouped)
      if (claim.status === 'sent')
        await followUp?.sent(job, claim.gateway, claim.messageId || messageIdOf(job))
      return { outcome: 'done', why: claim.status }
    },
  }
}
