import type { Worker } from 'bullmq'
import type { Reported } from '@sms-codes/core/codes/send-ledger'
import type { Logger } from '@sms-codes/core/logger'
import {
  applyDeliveryReport,
  readJob,
  type DeliveryReceipts,
  type ReportDeps,
} from '@sms-codes/core/queues/delivery-receipts'
import type { SendJob } from '@sms-codes/core/queues/send-queue'

type ReceiptFollowUpDeps = ReportDeps & {
  deliveryReceipts: DeliveryReceipts
  /** The gateways that send no delivery receipts. */
  silent: ReadonlySet<string>
}

/** How many overdue delivery receipts are checked at the same time. */
const AT_ONCE = 100
const CHECK_EVERY_MS = 1_000

/** Handles the delivery receipts of messages that a gateway accepted or may have accepted. */
export function createReceiptFollowUp(deps: ReceiptFollowUpDeps) {
  const { deliveryReceipts, rules } = deps

  const check = (job: SendJob): Promise<Reported> => applyDeliveryReport(job, 'missing', '', deps)

  async function checkEntry(entry: string): Promise<void> {
    const job = readJob(entry)
    if (job !== null) await check(job)
    await deliveryReceipts.endWait(entry)
  }

  return {
    /**
     * Applies the delivery receipt of an accepted message. Without one, begins a wait if the scene has a wait and the
     * gateway sends delivery receipts.
     */
    async sent(job: SendJob, gateway: string, id: string): Promise<void> {
      const withinMs = deps.silent.has(gateway) ? null : rules.receiptWithinMs(job.scene)
      const [state, now] = await Promise.all([
        deliveryReceipts.expect(gateway, id, job),
        withinMs === null ? 0 : deliveryReceipts.now(),
      ])
      if (state !== null) {
        await applyDeliveryReport(job, state, gateway, deps)
        return
      }
      if (withinMs !== null) await deliveryReceipts.beginWait(job, now + withinMs)
    },

    /** Reports that no delivery receipt came in time. If the send may move to e-mail, an e-mail is queued. */
    check,

    /**
     * Checks every send whose wait is over. An entry is removed after its check, so the next call finds the entry of a
     * worker that died. Several workers may check the same send, which queues one e-mail.
     * @throws the first failure, after all other entries were checked
     */
    async checkOverdue(): Promise<void> {
      const failures: unknown[] = []
      for (;;) {
        const now = await deliveryReceipts.now()
        // Entries whose check failed stay at the head of the set.
        const entries = await deliveryReceipts.overdue(now, AT_ONCE, failures.length)
        const fail = (err: unknown) => void failures.push(err)
        await Promise.all(entries.map((entry) => checkEntry(entry).catch(fail)))
        if (entries.length === AT_ONCE) continue
        if (failures.length > 0) throw failures[0]
        return
      }
    },

    /** Returns the state in the delivery receipt of a message that `gateway` may have accepted, null without one. */
    doubted: (job: SendJob, gateway: string, ourId: string) => deliveryReceipts.expect(gateway, ourId, job),
  }
}
export type ReceiptFollowUp = ReturnType<typeof createReceiptFollowUp>

/**
 * Checks each second whether delivery receipts are overdue, unless the consumer of mails is paused or stopped. A check
 * that fails is repeated in the next second.
 */
export function checkOverdueReceipts(
  consumer: Worker<unknown>,
  followUp: Pick<ReceiptFollowUp, 'checkOverdue'>,
  log: Logger,
): void {
  let isChecking = false
  setInterval(() => {
    if (isChecking || !consumer.isRunning() || consumer.isPaused()) return
    isChecking = true
    followUp
      .checkOverdue()
      .catch((err: unknown) => log.debug({ err }, 'overdue delivery receipts not checked'))
      .finally(() => (isChecking = false))
  }, CHECK_EVERY_MS).unref()
}
