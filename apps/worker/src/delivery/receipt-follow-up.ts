import type { DeliveryReceipts } from '@sms-codes/core/queues/delivery-receipts'
import type { SendJob, SendQueue } from '@sms-codes/core/queues/send-queue'
import type { FallbackRules } from '@sms-codes/core/config/scenes'
import type { SendLedger } from '@sms-codes/core/codes/send-ledger'

export type FollowUpDeps = {
  receipts: DeliveryReceipts
  ledger: Pick<SendLedger, 'report'>
  rules: FallbackRules
  mails: SendQueue
}

/** What is to be done about delivery receipts once a gateway has a message, or may have it. */
export function createFollowUp({ receipts, ledger, rules, mails }: FollowUpDeps) {
  return {
    /** A gateway took it, under that id. A receipt that was faster is applied; else one is waited for. */
    async sent(job: SendJob, gateway: string, id: string): Promise<void> {
      const state = await receipts.expect(gateway, id, job)
      if (state !== null) {
        const { kind } = await ledger.report(job, state, rules.mayFallBack(job.scene))
        if (kind === 'moved') await mails.add(job)
      }
      const withinMs = rules.receiptWithinMs(job.scene)
      if (withinMs !== null && state === null) await mails.addCheck(job, withinMs)
    },

    /** A gateway may have it: only its receipt, if it repeats our id, could say so. */
    doubted: (job: SendJob, gateway: string, ourId: string) => receipts.expect(gateway, ourId, job),
  }
}
export type FollowUp = ReturnType<typeof createFollowUp>
