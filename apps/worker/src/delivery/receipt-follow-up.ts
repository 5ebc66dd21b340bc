import type { SendLedger } from '@sms-codes/core/codes/send-ledger'
import type { FallbackRules } from '@sms-codes/core/config/scenes'
import { applyDeliveryReport, type DeliveryReceipts } from '@sms-codes/core/queues/delivery-receipts'
import type { SendJob, SendQueue } from '@sms-codes/core/queues/send-queue'

type ReceiptFollowUpDeps = {
  deliveryReceipts: DeliveryReceipts
  ledger: Pick<SendLedger, 'report'>
  rules: FallbackRules
  /** The producer's side of the `email` queue. */
  mails: SendQueue
}

/** Handles the delivery receipts of messages that a gateway accepted or may have accepted. */
export function createReceiptFollowUp({ deliveryReceipts, ledger, rules, mails }: ReceiptFollowUpDeps) {
  return {
    /** Applies the delivery receipt of an accepted message. Without one, adds a check job if the scene has a wait. */
    async sent(job: SendJob, gateway: string, id: string): Promise<void> {
      const state = await deliveryReceipts.expect(gateway, id, job)
      if (state !== null) {
        await applyDeliveryReport(job, state, rules.mayFallBack(job.scene), { ledger, mails })
        return
      }
      const withinMs = rules.receiptWithinMs(job.scene)
      if (withinMs !== null) await mails.addCheck(job, withinMs)
    },

    /** Returns the state in the delivery receipt of a message that `gateway` may have accepted, null without one. */
    doubted: (job: SendJob, gateway: string, ourId: string) => deliveryReceipts.expect(gateway, ourId, job),
  }
}
export type ReceiptFollowUp = ReturnType<typeof createReceiptFollowUp>
