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

/** What the worker does about delivery receipts after a gateway accepted a message, or may have accepted it. */
export function createReceiptFollowUp({ deliveryReceipts, ledger, rules, mails }: ReceiptFollowUpDeps) {
  return {
    /** Applies the delivery receipt of an accepted message, or adds a check job if the scene waits for one. */
    async sent(job: SendJob, gateway: string, id: string): Promise<void> {
      const state = await deliveryReceipts.expect(gateway, id, job)
      if (state !== null) {
        await applyDeliveryReport(job, state, rules.mayFallBack(job.scene), { ledger, mails })
        return
      }
      const withinMs = rules.receiptWithinMs(job.scene)
      if (withinMs !== null) await mails.addCheck(job, withinMs)
    },

    /** Answers the delivery receipt that has come for a message in doubt, under our id; null if none has come. */
    doubted: (job: SendJob, gateway: string, ourId: string) => deliveryReceipts.expect(gateway, ourId, job),
  }
}
export type ReceiptFollowUp = ReturnType<typeof createReceiptFollowUp>
