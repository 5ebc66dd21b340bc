import { createHash } from 'node:crypto'
import type { Claim } from '@sms-codes/core/codes/claim'
import type { SendJob } from '@sms-codes/core/queues/send-queue'
import type { SmsMessage } from '@sms-codes/gateways/gateway'

/** Returns our id of a send's message, which is the same in all attempts. Every gateway accepts 32 hex digits. */
export const messageIdOf = ({ rid, n }: SendJob) =>
  createHash('sha256').update(`${rid}.${n}`).digest('hex').slice(0, 32)

/** Makes the message for the gateways from its id and scene and the claim of its send. */
export function messageOf(
  id: string,
  scene: string,
  { mobile, code, lifeMs }: Extract<Claim, { kind: 'go' }>,
  webOtpDomain: string | undefined,
): SmsMessage {
  // The text names the whole minutes left. Up to 10 s that the message spent in the queue do not reduce them.
  const minutes = Math.max(1, Math.floor((lifeMs + 10_000) / 60_000))
  const secondsLeft = Math.max(1, Math.floor(lifeMs / 1000))
  const message = { id, mobile, code, minutes, secondsLeft, scene }
  return webOtpDomain === undefined ? message : { ...message, webOtpDomain }
}
