import { UnrecoverableError, type Job } from 'bullmq'
import { failedReason, readFailedReason } from '@sms-codes/core/queues/failed-reason'

/**
 * Fails the job of a send that was settled and counted before, without a further attempt. The text is the job's
 * `failedReason`.
 */
export class SendFailed extends UnrecoverableError {
  /** @param answer the last answer of a gateway in this attempt; if '', the text has that of an earlier attempt */
  constructor(job: Job<unknown>, reason: string, answer = '') {
    super(failedReason(reason, answer || earlierAnswer(job)))
  }
}

/** BullMQ keeps the text of the error for which the last attempt was repeated. */
function earlierAnswer({ failedReason: text }: Job<unknown>): string {
  const { gateway, code } = readFailedReason(text || '') ?? { gateway: '', code: '' }
  return `${gateway} ${code}`.trim()
}
