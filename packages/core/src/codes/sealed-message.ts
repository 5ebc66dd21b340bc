import { Type, type Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Keyring } from '../keyring.ts'

const Message = Type.Object({ mobile: Type.String(), code: Type.String() })

/** The number and the code of a message, encrypted for the worker and bound to the request id. */
export const sealedMessage = {
  seal: (keyring: Keyring, rid: string, { mobile, code }: Static<typeof Message>): string =>
    keyring.seal(JSON.stringify({ mobile, code }), rid),

  /** Null if the text is changed or is for another request. @throws MissingKeyError */
  open(keyring: Keyring, rid: string, sealed: string): Static<typeof Message> | null {
    const text = keyring.open(sealed, rid)
    return text === null ? null : Value.Parse(Message, JSON.parse(text))
  },
}
