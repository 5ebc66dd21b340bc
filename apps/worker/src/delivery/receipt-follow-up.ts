import type { FallbackDeps } from '@sms-codes/core/codes/contacts'
import type { Reported, SendLedger } from '@sms-codes/core/codes/send-ledger'
import { applyDeliveryReport, type DeliveryReceipts } from '@sms-codes/core/queues/delivery-receipts'
import type { SendJob, SendQueue } from '@sms-codes/core/queues/send-queue'

type ReceiptFollowUpDeps = FallbackDeps & {
  deliveryReceipts: DeliveryReceipts
  ledger: Pick<SendLedger, 'report'>
  /** The producer's side of the `email` queue. */
  mails: SendQueue
}

/** Handles the delivery receipts of messages that a gateway accepted or may have accepted. */
export function createReceiptFollowUp(deps: ReceiptFollowUpDeps) {
  const { deliveryReceipts, rules, mails } = deps
  return {
    /** Applies the delivery receipt of an accepted message. Without one, adds a check job if the scene has a wait. */
    async sent(job: SendJob, gateway: string, id: string): Promise<void> {
      const state = await deliveryReceipts.expect(gateway, id, job)
      if (state !== null) {
        await applyDeliveryReport(job, state, deps)
        return
      }
      const withinMs = rules.receiptWithinMs(job.scene)
      if (withinMs !== null) await mails.addCheck(job, withinMs)
    },

    /** Processes a check job: if no delivery receipt came in time and the send may move to e-mail, queues an e-mail. */
    check: (job: SendJob): Promise<Reported> => applyDeliveryReport(job, 'missing', deps),

    /** Returns the state in the delivery receipt of a message that `gateway` may have accepted, null without one. */
    doubted: (job: SendJob, gateway: string, ourId: string) => deliveryReceipts.expect(gateway, ourId, job),
  }
}
export type ReceiptFollowUp = ReturnType<typeof createReceiptFollowUp>
