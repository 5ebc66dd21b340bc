import { createHash } from 'node:crypto'
import type { Send } from '@sms-codes/core/codes/send'
import type { Claim } from '@sms-codes/core/codes/send-ledger'
import type { SmsMessage } from '@sms-codes/gateways/gateway'

/** Our id of a message: the same over all attempts of one send, another one for a further send. 32 hex digits, which every gateway takes. */
export const messageIdOf = ({ rid, n }: Send) =>
  createHash('sha256').update(`${rid}.${n}`).digest('hex').slice(0, 32)

/** What a gateway is given, from what a claim opened. */
export function messageOf(
  { mobile, code, lifeMs }: Extract<Claim, { kind: 'go' }>,
  send: Send,
  webOtpDomain: string | undefined,
): SmsMessage {
  return {
    id: messageIdOf(send),
    mobile,
    code,
    // Remaining whole minutes, forgiving up to 10 s spent in the queue.
    minutes: Math.max(1, Math.floor((lifeMs + 10_000) / 60_000)),
    secondsLeft: Math.max(1, Math.floor(lifeMs / 1000)),
    scene: send.scene,
    ...(webOtpDomain === undefined ? {} : { webOtpDomain }),
  }
}
