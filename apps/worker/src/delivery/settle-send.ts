import type { Channel, Send } from '@sms-codes/core/codes/send'
import type { Claim, SendLedger, Settlement } from '@sms-codes/core/codes/send-ledger'
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
  /** Null where there is no other channel to move to. */
  fallback: EmailFallback | null
  /** Null where no gateway sends delivery receipts. */
  followUp: ReceiptFollowUp | null
}

export type RetryWhen = { atLeastMs?: number | undefined; atMostMs?: number | undefined }

/** The send is not settled and has time left: the queue tries again. BullMQ's backoff reads the delay from here. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater'
  readonly atLeastMs: number | undefined
  readonly atMostMs: number | undefined

  constructor(reason: string, { atLeastMs, atMostMs }: RetryWhen) {
    super(reason)
    this.atLeastMs = atLeastMs
    this.atMostMs = atMostMs
  }
}

/** How a send leaves its channel, and by which gateway or for which reason. */
export type SendEnd =
  | { status: 'sent' | 'fell_back'; by: string }
  | { status: 'failed' | 'moved'; by: EndReason }

/**
 * Ends a send: the only place where an end is counted and logged.
 *
 * @param write writes the end to the record; false if another worker has ended the send
 * @returns whether it was this end that was written
 */
export async function endSend(
  { status, by }: SendEnd,
  write: () => Promise<boolean>,
  metrics: Pick<WorkerMetrics, 'ended'>,
  log: Logger,
): Promise<boolean> {
  const isWritten = await write()
  if (isWritten) metrics.ended(status, by)
  const message = status === 'moved' ? 'moved to e-mail' : status
  log[status === 'failed' || status === 'moved' ? 'warn' : 'info']({ by }, message)
  return isWritten
}

/** Carries out what an attempt decided. Each decision is one settlement of the newest claim. */
export function createSettler(job: SendJob, deps: SettleDeps, log: Logger) {
  const { channel, ledger, metrics, fallback, followUp } = deps
  const send: Send = { rid: job.rid, scene: job.scene, n: job.n }

  const settle = (attempt: Attempt, what: Omit<Settlement, 'channel'>) =>
    ledger.settle(send, attempt.fence, {
      channel,
      doubtedGateway: attempt.doubt?.gateway,
      secondSendRisked: attempt.secondSendRisked,
      ...what,
    })

  async function sent(attempt: Attempt, gateway: string, messageId: string | undefined): Promise<Delivered> {
    const status = channel === 'email' ? 'fell_back' : 'sent'
    await endSend(
      { status, by: gateway },
      () => settle(attempt, { status, gateway, messageId }),
      metrics,
      log,
    )
    // If this step fails, the job runs again, finds the send `sent`, and repeats the step.
    await followUp?.sent(job, gateway, messageId ?? messageIdOf(send))
    return { outcome: status, why: gateway }
  }

  async function end(attempt: Attempt, why: EndReason, what: Pick<Settlement, 'gateway' | 'doubtedGateway'>) {
    if (channel === 'sms' && fallback !== null && (await fallback.isOpen(job)))
      return moveToEmail(fallback, attempt, why, what)
    // When a mail fails, the record keeps the reason for which the SMS failed.
    const reason = channel === 'email' ? undefined : why
    const write = () => settle(attempt, { status: 'failed', ...what, reason })
    await endSend({ status: 'failed', by: why }, write, metrics, log)
    return { outcome: 'failed' as const, why }
  }

  async function moveToEmail(
    open: EmailFallback,
    attempt: Attempt,
    why: EndReason,
    what: Pick<Settlement, 'gateway' | 'doubtedGateway'>,
  ) {
    const write = async () => {
      const isMoved = await settle(attempt, { status: 'moved', ...what, reason: why })
      if (isMoved) await open.queue(job)
      return isMoved
    }
    await endSend({ status: 'moved', by: why }, write, metrics, log)
    return { outcome: 'moved' as const, why }
  }

  /** @throws RetryLater unless the send moves to e-mail instead */
  async function retry(attempt: Attempt, { message, gateway, doubted, atLeastMs, orMoveToEmail }: Retry) {
    const what = { gateway, ...(doubted === true && { doubtedGateway: gateway }) }
    const isOpen = orMoveToEmail !== undefined && fallback !== null && (await fallback.isOpen(job))
    if (isOpen && attempt.ageMs >= fallback.afterMs) return end(attempt, orMoveToEmail, what)
    await settle(attempt, { status: 'queued', ...what })
    // Without a doubt to wait for, the next attempt comes when the fallback may be used.
    const atMostMs = isOpen && doubted !== true ? fallback.afterMs - attempt.ageMs : undefined
    throw new RetryLater(message, { atLeastMs, atMostMs })
  }

  return {
    /** @throws RetryLater */
    async finish(attempt: Attempt, decision: End): Promise<Delivered> {
      if (decision.kind === 'sent') return sent(attempt, decision.gateway, decision.messageId)
      if (decision.kind === 'retry') return retry(attempt, decision)
      const { why, gateway, doubted } = decision
      return end(attempt, why, { gateway, ...(doubted === true && { doubtedGateway: gateway }) })
    },

    /** The sealed message cannot be read with the keys of this process. */
    async unreadable(fence: number): Promise<Delivered> {
      const write = () => ledger.settle(send, fence, { status: 'failed', channel, reason: 'unreadable' })
      await endSend({ status: 'failed', by: 'unreadable' }, write, metrics, log)
      return { outcome: 'failed', why: 'unreadable' }
    },

    /** No claim was given: does what a worker that died between two steps may have left undone. */
    async withoutClaim(claim: Extract<Claim, { kind: 'gone' | 'late' | 'done' }>): Promise<Delivered> {
      if (claim.kind === 'late') {
        await endSend({ status: 'failed', by: 'late' }, async () => true, metrics, log)
        return { outcome: 'gone', why: 'late' }
      }
      const why = claim.kind === 'gone' ? claim.reason : claim.status
      log.info({ why }, 'nothing to send')
      if (claim.kind === 'gone') {
        if (claim.reason === 'moved') await fallback?.queue(job)
        return { outcome: 'gone', why: claim.reason }
      }
      if (claim.status === 'sent' && channel === 'sms')
        await followUp?.sent(job, claim.gateway, claim.messageId || messageIdOf(send))
      return { outcome: 'done', why: claim.status }
    },
  }
}
