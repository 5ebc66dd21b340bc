import { createHash } from 'node:crypto'
import type { Claim } from '@sms-codes/core/codes/send-ledger'
import type { Send } from '@sms-codes/core/codes/send'
import type { SmsMessage } from '@sms-codes/gateways/gateway'

/** The same over all tries of one send, another for a re-send. Gateways take at most 32 letters and digits. */
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
    // Whole minutes that are left. A few seconds on the way still count as the full life.
    minutes: Math.max(1, Math.floor((lifeMs + 10_000) / 60_000)),
    secondsLeft: Math.max(1, Math.floor(lifeMs / 1000)),
    scene: send.scene,
    ...(webOtpDomain === undefined ? {} : { webOtpDomain }),
  }
}
