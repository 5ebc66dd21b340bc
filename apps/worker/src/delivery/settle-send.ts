import type { Channel } from '@sms-codes/core/codes/send'
import type { Claim } from '@sms-codes/core/codes/claim'
import type { SendLedger, Settlement } from '@sms-codes/core/codes/send-ledger'
import type { Traffic } from '@sms-codes/core/history/traffic'
import type { FailReason } from '@sms-codes/core/history/failures'
import type { GuardCounts, Grouped } from '@sms-codes/core/limits/guard-counts'
import type { Logger } from '@sms-codes/core/logger'
import type { SendJob } from '@sms-codes/core/queues/send-queue'
import type { WorkerMetrics } from '../worker-metrics.ts'
import type { Attempt, Delivered } from './attempt.ts'
import type { End, Retry } from './decide.ts'
import { messageIdOf } from './message.ts'
import type { OtherChannel } from './other-channel.ts'
import type { ReceiptFollowUp } from './receipt-follow-up.ts'

export type SettleDeps = {
  channel: Channel
  ledger: SendLedger
  metrics: Pick<WorkerMetrics, 'ended'>
  traffic: Pick<Traffic, 'count'>
  /** Null if the send cannot move to another channel. */
  other: OtherChannel | null
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

/**
 * Counts and logs the end of a send on its channel, after a worker wrote the end to the code record.
 * @param by the gateway that accepted the message, `used` if the code was used before, which proves that a message
 *   arrived, or the reason for which the channel ended the send
 * @param isWritten false if the record had a newer claim or an end already, so that nothing was written
 */
export function countEnd(
  { metrics, traffic, log, scene }: Pick<SettleDeps, 'metrics' | 'traffic'> & { log: Logger; scene: string },
  status: 'sent' | 'fell_back' | 'failed' | 'moved',
  by: string,
  isWritten = true,
): void {
  if (isWritten) metrics.ended(status, by)
  // The traffic is counted by gateway, and which gateway the message of a used code came from is not known.
  if (isWritten && status !== 'moved') traffic.count(status, scene, by === 'used' ? '' : by)
  if (status === 'sent' || status === 'fell_back') log.info({ by }, status)
  else log.warn({ by }, status === 'moved' ? 'moved to the other channel' : status)
}

/** Carries out the end of an attempt. A settlement writes the result of the newest claim to the code record. */
export function createSettler(job: SendJob, deps: SettleDeps, log: Logger) {
  const { channel, ledger, metrics, traffic, other, followUp, guardCounts } = deps
  const counting = { metrics, traffic, log, scene: job.scene }

  const settle = (attempt: Attempt, what: Omit<Settlement, 'channel'>) =>
    ledger.settle(job, attempt.fence, {
      channel,
      doubtedGateway: attempt.doubt?.gateway,
      secondSendRisked: attempt.secondSendRisked,
      answer: attempt.unrecorded,
      ...what,
    })

  /**
   * Counts a send that a gateway accepted. A repeat counts the send again, so this follows a written settlement, or a claim
   * that says that the send was not counted.
   */
  function count(grouped: Grouped | null): void {
    if (grouped !== null) guardCounts?.countSent(grouped)
  }

  async function sent(attempt: Attempt, gateway: string, messageId: string | undefined): Promise<Delivered> {
    const status = channel === 'email' ? 'fell_back' : 'sent'
    const isWritten = await settle(attempt, { status, gateway, messageId })
    if (isWritten) count(attempt.grouped)
    countEnd(counting, status, gateway, isWritten)
    // If this step fails, the job runs again, finds the send `sent`, and repeats the step.
    await followUp?.sent(job, gateway, messageId ?? messageIdOf(job))
    return { outcome: status, why: gateway }
  }

  /** Returns the other channel if the send may move there, otherwise null. */
  async function openChannel({ mayMove, doubt }: Attempt, isCertain = true): Promise<OtherChannel | null> {
    const isOpen = mayMove && (await other?.isOpen(job, doubt === null && isCertain))
    return isOpen === true ? other : null
  }

  /** Moves the send to the other channel `to`, and fails the send without one. Answers `done` if nothing was written. */
  async function end(
    attempt: Attempt,
    why: FailReason,
    what: Pick<Settlement, 'gateway' | 'doubtedGateway' | 'mayReturn'>,
    to: OtherChannel | null,
  ): Promise<Delivered> {
    const status = to === null ? 'failed' : 'moved'
    // When a mail fails, the record keeps the reason for which the SMS failed.
    const reason = channel === 'email' ? undefined : why
    const isWritten = await settle(attempt, { status, ...what, reason })
    // A vendor that could not deliver a message had accepted it.
    if (isWritten && why === 'undelivered') count(attempt.grouped)
    countEnd(counting, status, why, isWritten)
    // A newer claim ended the send, or only the follow-up mail of an accepted SMS failed.
    if (!isWritten) return { outcome: 'done', why: 'kept' }
    // If this step fails, the job runs again, finds the send `moved`, and repeats the step.
    await to?.queue(job, attempt.moves + 1)
    if (status === 'moved') return { outcome: status, why }
    return { outcome: status, why, answer: attempt.lastAnswer || (what.gateway ?? '') }
  }

  /** @throws RetryLater unless the send is moved to the other channel */
  async function retry(attempt: Attempt, { reason, gateway, doubted, atLeastMs, orMove }: Retry) {
    const what = { gateway, ...(doubted === true && { doubtedGateway: gateway }) }
    const to = orMove === undefined ? null : await openChannel(attempt, doubted !== true)
    if (orMove !== undefined && to !== null && attempt.ageMs >= to.afterMs)
      return end(attempt, orMove, { ...what, mayReturn: true }, to)
    await settle(attempt, { status: 'queued', ...what })
    // If the send may move and this call left no doubt, the retry comes at the age `afterMs` at the latest.
    const atMostMs = to !== null && doubted !== true ? to.afterMs - attempt.ageMs : undefined
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
      return end(attempt, decision.why, { gateway: decision.gateway }, await openChannel(attempt))
    },

    /** Fails a send whose encrypted message is damaged. */
    async unreadable(fence: number): Promise<Delivered> {
      const isWritten = await ledger.settle(job, fence, { status: 'failed', channel, reason: 'unreadable' })
      countEnd(counting, 'failed', 'unreadable', isWritten)
      return { outcome: 'failed', why: 'unreadable', answer: '' }
    },

    /** Ends an attempt that got no claim. Repeats what follows a settlement: the settling worker may have died. */
    async withoutClaim(claim: Extract<Claim, { kind: 'gone' | 'late' | 'done' }>): Promise<Delivered> {
      if (claim.kind === 'late') {
        countEnd(counting, 'failed', 'late')
        return { outcome: 'failed', why: 'late', answer: '' }
      }
      if (claim.kind === 'gone' && claim.reason === 'used') {
        countEnd(counting, 'sent', 'used')
        return { outcome: 'gone', why: 'used' }
      }
      log.info({ why: claim.kind === 'gone' ? claim.reason : claim.status }, 'nothing to send')
      if (claim.kind === 'gone') {
        if (claim.reason === 'moved') await other?.queue(job, claim.moves)
        return { outcome: 'gone', why: claim.reason }
      }
      count(claim.grouped)
      if (claim.status === 'sent')
        await followUp?.sent(job, claim.gateway, claim.messageId || messageIdOf(job))
      const { status: why, reason, gateway } = claim
      return { outcome: 'done', why, ...(why === 'failed' && { failed: { reason, gateway } }) }
    },
  }
}
