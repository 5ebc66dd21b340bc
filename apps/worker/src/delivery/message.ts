import { createHash } from 'node:crypto'
import type { Claim } from '@sms-codes/core/codes/send-ledger'
import type { SendJob } from '@sms-codes/core/queues/send-queue'
import type { SmsMessage } from '@sms-codes/gateways/gateway'

/** Our id of a send's message, the same over all attempts: 32 hex digits, which every gateway takes. */
export const messageIdOf = ({ rid, n }: SendJob) =>
  createHash('sha256').update(`${rid}.${n}`).digest('hex').slice(0, 32)

/** What a gateway is given. */
export function messageOf(
  job: SendJob,
  { mobile, code, lifeMs }: Extract<Claim, { kind: 'go' }>,
  webOtpDomain: string | undefined,
): SmsMessage {
  // Whole minutes that are left; up to 10 s that the message spent in the queue are not counted.
  const minutes = Math.max(1, Math.floor((lifeMs + 10_000) / 60_000))
  const secondsLeft = Math.max(1, Math.floor(lifeMs / 1000))
  const message = { id: messageIdOf(job), mobile, code, minutes, secondsLeft, scene: job.scene }
  return webOtpDomain === undefined ? message : { ...message, webOtpDomain }
}
