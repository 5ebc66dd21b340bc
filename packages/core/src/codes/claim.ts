import type { Keyring } from '../keyring.ts'
import type { Grouped } from '../limits/guard-counts.ts'
import type { Reply } from '../redis/script.ts'
import { sealedMessage } from './sealed-message.ts'

const QUOTA_STATES = ['none', 'taken', 'again', 'full'] as const

/** A doubt: `gateway` gave no answer and may have taken the message. The call began at `sinceMs` (clock of Redis). */
export type Doubt = { gateway: string; sinceMs: number }

export type Claim =
  /** The caller may call its gateway. The code lives `lifeMs` more. The first claim of the send was `ageMs` ago. */
  | {
      kind: 'go'
      mobile: string
      code: string
      fence: number
      lifeMs: number
      ageMs: number
      doubt: Doubt | null
      /** The gateway of the previous claim if that claim ended without a result, else ''. */
      lapsedGateway: string
      /** Whether the one permitted second message was risked before. */
      secondSendRisked: boolean
      /** Where the guard against SMS pumping counts the send, or null if it does not. */
      grouped: Grouped | null
      /** How often the send changed its channel. */
      moves: number
      /** Whether the other channel may still take the send. */
      mayMove: boolean
      /** Whether this claim counted the message in the gateway's quota of the phone. `full`: make no call. */
      quota: (typeof QUOTA_STATES)[number]
    }
  /** No gateway may be called: the record is gone, has a newer send or another channel, or the code was used. */
  | { kind: 'gone'; reason: 'no_record' | 'replaced' | 'used' }
  | { kind: 'gone'; reason: 'moved'; moves: number }
  /** The time to send was over, and this claim failed the send. */
  | { kind: 'late' }
  /** The send has ended; `reason` is why it failed. If a gateway accepted the message, `gateway` and `messageId` name both. */
  | {
      kind: 'done'
      status: string
      reason: string
      gateway: string
      messageId: string
      grouped: Grouped | null
    }
  /** The message is damaged. */
  | { kind: 'unreadable'; fence: number }
  /** The key ring lacks the key of the message. Nothing was claimed, so another worker can send the message. */
  | { kind: 'no_key'; kid: string }
  /** Another worker has the claim, for `waitMs` more. */
  | { kind: 'busy'; waitMs: number }

/** Reads the answer of claim.lua, and decrypts the message of a given claim. @throws MissingKeyError */
export function toClaim({ kind, text, number }: Reply, keyring: Keyring, rid: string): Claim {
  const open = () => sealedMessage.open(keyring, rid, text('sealed'))
  const groupedBy = (message: ReturnType<typeof open>) =>
    message && text('counted_for') !== '' ? { mobile: message.mobile, address: text('counted_for') } : null
  if (kind === 'go') {
    const message = open()
    if (message === null) return { kind: 'unreadable', fence: number('fence') }
    const gateway = text('doubted_gateway')
    return {
      kind,
      ...message,
      fence: number('fence'),
      lifeMs: number('life'),
      ageMs: number('age'),
      doubt: gateway === '' ? null : { gateway, sinceMs: number('doubted_at') },
      lapsedGateway: text('lapsed_gateway'),
      secondSendRisked: number('second_send_risked') === 1,
      grouped: groupedBy(message),
      moves: number('moves'),
      mayMove: number('may_move') === 1,
      quota: QUOTA_STATES.find((state) => state === text('quota')) ?? 'full',
    }
  }
  if (kind === 'busy') return { kind, waitMs: number('wait') }
  if (kind === 'late') return { kind }
  if (kind === 'no_key') return { kind, kid: text('key_id') }
  if (kind === 'done') {
    const [status, gateway, messageId] = [text('status'), text('gateway'), text('message_id')]
    return { kind, status, reason: text('reason'), gateway, messageId, grouped: groupedBy(open()) }
  }
  const reason = text('reason')
  if (reason === 'moved') return { kind: 'gone', reason, moves: number('moves') }
  return { kind: 'gone', reason: reason === 'replaced' || reason === 'used' ? reason : 'no_record' }
}
