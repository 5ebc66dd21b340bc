import type { Send } from '@sms-codes/core/codes/send'
import type { Settlement } from '@sms-codes/core/codes/send-ledger'
import type { Logger } from '@sms-codes/core/logger'
import type { SendJob } from '@sms-codes/core/queues/send-queue'
import type { DeliverDeps } from './deliver.ts'
import { messageIdOf } from './message.ts'
import type { Doubt } from './call-plan.ts'

/** How a try ended. `busy`: somebody else is at it, look again in `ms`. The rest is over for this channel. */
export type Delivered =
  | { outcome: 'sent' | 'fell_back' | 'failed' | 'moved' | 'gone' | 'done'; why: string }
  | { outcome: 'busy'; ms: number }

export type RetryWhen = { atLeastMs?: number | undefined; atMostMs?: number | undefined }

/** Nobody has the message for certain yet and there is time left: the queue tries again. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater'
  readonly atLeastMs: number | undefined
  readonly atMostMs: number | undefined

  constructor(reason: string, { atLeastMs, atMostMs }: RetryWhen = {}) {
    super(reason)
    this.atLeastMs = atLeastMs
    this.atMostMs = atMostMs
  }
}

/** What a try knows of its send, from its claims and the answers it got. */
export type Knowledge = { fence: number; doubt: Doubt | null; extra: number }

type What = Omit<Settlement, 'status'>

/** The ways in which a try ends, each of them one settlement of the newest claim. */
export function endingsOf(job: SendJob, deps: DeliverDeps, known: Knowledge, log: Logger) {
  const { channel, ledger, metrics, fallback, followUp } = deps
  const send: Send = { rid: job.rid, scene: job.scene, n: job.n }
  const settle = (what: Settlement) =>
    ledger.settle(send, known.fence, { channel, doubt: known.doubt?.name ?? '', extra: known.extra, ...what })

  async function end(status: 'sent' | 'fell_back' | 'failed', by: string, what: What): Promise<Delivered> {
    const mine = await settle({ status, ...what })
    if (mine) metrics.ended(status, by)
    log[status === 'failed' ? 'warn' : 'info']({ by }, status)
    return { outcome: status, why: by }
  }

  return {
    /** A gateway has it, under its own id or, where that got lost, under ours. */
    taken: async (gateway: string, messageId?: string): Promise<Delivered> => {
      const what = { gateway, ...(messageId === undefined ? {} : { messageId }) }
      const ended = await end(channel === 'email' ? 'fell_back' : 'sent', gateway, what)
      // Where this fails the job runs again, finds its send sent, and comes back here.
      await followUp?.sent(job, gateway, messageId ?? messageIdOf(send))
      return ended
    },

    unreadable: () => end('failed', 'unreadable', { reason: 'unreadable' }),

    /** This channel is at its end: the code goes by e-mail where that is open, else the send has failed. */
    giveUp: async (reason: string, what: What = {}): Promise<Delivered> => {
      // A mail that failed leaves the reason that made it one.
      if (channel === 'email') return end('failed', reason, what)
      if (fallback === null || !(await fallback.isOpen(job)))
        return end('failed', reason, { ...what, reason })
      if (await settle({ status: 'moved', ...what, reason })) {
        await fallback.queue(job)
        metrics.ended('moved', reason)
        log.warn({ by: reason }, 'goes by e-mail')
      }
      return { outcome: 'moved', why: reason }
    },

    /** @throws RetryLater */
    later: async (reason: string, what: What, when: RetryWhen = {}): Promise<never> => {
      await settle({ status: 'queued', ...what })
      throw new RetryLater(reason, when)
    },
  }
}
