import { Type, type Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Keyring } from '../keyring.ts'

const Message = Type.Object({ mobile: Type.String(), code: Type.String() })

/** What a worker needs to send a message, encrypted and bound to its request id. */
export const sealedMessage = {
  seal: (keyring: Keyring, rid: string, { mobile, code }: Static<typeof Message>): string =>
    keyring.seal(JSON.stringify({ mobile, code }), rid),

  /** Null if the key that sealed it is not in the key ring, or the box belongs to another request. */
  open(keyring: Keyring, rid: string, sealed: string): Static<typeof Message> | null {
    const text = keyring.open(sealed, rid)
    return text === null ? null : Value.Parse(Message, JSON.parse(text))
  },
}
