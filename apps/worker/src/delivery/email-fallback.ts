import type { Contacts } from '@sms-codes/core/codes/contacts'
import type { SendJob, SendQueue } from '@sms-codes/core/queues/send-queue'
import type { FallbackRules } from '@sms-codes/core/config/scenes'
import { phoneOf } from '@sms-codes/core/codes/send'
import type { Reported, SendLedger } from '@sms-codes/core/codes/send-ledger'

export type FallbackDeps = {
  rules: FallbackRules
  contacts: Pick<Contacts, 'has'>
  ledger: Pick<SendLedger, 'report'>
  /** The producer's side of the `email` queue. */
  mails: SendQueue
  /** How long gateways that certainly did not take a message are asked again before it goes by e-mail. */
  afterMs: number
}

/** The way to the e-mail channel: for scenes that allow it, and phones whose owner proved a mailbox. */
export function createFallback({ rules, contacts, ledger, mails, afterMs }: FallbackDeps) {
  const isOpen = async ({ rid, scene }: SendJob) => rules.mayFallBack(scene) && contacts.has(phoneOf(rid))
  return {
    afterMs,
    /** @throws StoreError */
    isOpen,

    /** For a send that was moved. Twice is once: the job has a name. @throws StoreError */
    queue: (job: SendJob) => mails.add(job),

    /**
     * The processor of a check: no receipt came in the time it had, so the code goes by e-mail as well.
     * @throws StoreError
     */
    async checkReceipt(job: SendJob): Promise<Reported> {
      const withinMs = rules.receiptWithinMs(job.scene) ?? 0
      const reported = await ledger.report(job, 'missing', await isOpen(job), withinMs)
      if (reported.kind === 'moved') await mails.add(job)
      return reported
    },
  }
}
export type Fallback = ReturnType<typeof createFallback>
