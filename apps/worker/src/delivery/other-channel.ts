import { mayMoveToEmail, type FallbackDeps } from '@sms-codes/core/codes/contacts'
import { retryDelayMs, type SendJob, type SendQueue } from '@sms-codes/core/queues/send-queue'

/** The channel to which the sends of a consumer may move. Every method throws StoreError when Redis does not answer. */
export type OtherChannel = {
  /** From this age of a send (ms since its first claim), the send moves instead of a further attempt on its channel. */
  afterMs: number
  /** Whether the channel takes a send. `isCertain`: certainly no message left on the channel that the send leaves. */
  isOpen: (job: SendJob, isCertain: boolean) => Promise<boolean>
  /** Adds the job of a send that moved for the `moves`th time. A second call adds nothing, because the id is fixed. */
  queue: (job: SendJob, moves: number) => Promise<void>
}

/** The longest pause before a send returns to SMS. */
const LONGEST_PAUSE_MS = 5_000

/** @param mails the producer's side of the queue `email` */
export const createEmailFallback = (
  deps: FallbackDeps & { mails: SendQueue; afterMs: number },
): OtherChannel => ({
  afterMs: deps.afterMs,
  isOpen: (job) => mayMoveToEmail(job, deps),
  queue: (job, moves) => deps.mails.add(job, moves),
})

/**
 * The way back from e-mail to SMS. While both channels are down, a pause before each return limits how often a send
 * changes its channel.
 * @param sends the producer's side of the queue `sms`
 */
export const createReturnToSms = (sends: Pick<SendQueue, 'add'>): OtherChannel => ({
  afterMs: 0,
  isOpen: async (_job, isCertain) => isCertain,
  queue: (job, moves) => sends.add(job, moves, Math.min(retryDelayMs(moves / 2), LONGEST_PAUSE_MS)),
})
