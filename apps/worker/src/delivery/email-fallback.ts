import type { Contacts } from '@sms-codes/core/codes/contacts'
import { phoneOf } from '@sms-codes/core/codes/send'
import type { Reported, SendLedger } from '@sms-codes/core/codes/send-ledger'
import type { FallbackRules } from '@sms-codes/core/config/scenes'
import { applyDeliveryReport } from '@sms-codes/core/queues/delivery-receipts'
import type { SendJob, SendQueue } from '@sms-codes/core/queues/send-queue'

type EmailFallbackDeps = {
  rules: FallbackRules
  contacts: Pick<Contacts, 'has'>
  ledger: Pick<SendLedger, 'report'>
  /** The producer's side of the `email` queue. */
  mails: SendQueue
  /** From this age of a send (ms since its first claim), an e-mail replaces a further try as an SMS. */
  afterMs: number
}

/**
 * Moves sends to the e-mail channel. The fallback is open if the scene allows e-mail and the phone has a stored
 * contact. Every method throws StoreError when Redis does not answer.
 */
export function createEmailFallback({ rules, contacts, ledger, mails, afterMs }: EmailFallbackDeps) {
  const isOpen = async ({ rid, scene }: SendJob) => rules.mayFallBack(scene) && contacts.has(phoneOf(rid))
  return {
    afterMs,
    isOpen,

    /** Adds the job of a send that moved to e-mail. The job has a fixed id, so a second call adds nothing. */
    queue: (job: SendJob) => mails.add(job),

    /** Processes a check job: if no delivery receipt came in time and the fallback is open, queues an e-mail. */
    async checkReceipt(job: SendJob): Promise<Reported> {
      const receiptWithinMs = rules.receiptWithinMs(job.scene) ?? 0
      return applyDeliveryReport(job, 'missing', await isOpen(job), { ledger, mails }, receiptWithinMs)
    },
  }
}
export type EmailFallback = ReturnType<typeof createEmailFallback>
