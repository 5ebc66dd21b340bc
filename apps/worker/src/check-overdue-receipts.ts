import type { Worker } from 'bullmq'
import type { Logger } from '@sms-codes/core/logger'
import type { ReceiptFollowUp } from './delivery/receipt-follow-up.ts'

const EVERY_MS = 1_000

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
  }, EVERY_MS).unref()
}
