import { Type, type Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Keyring } from '../keyring.ts'

const Message = Type.Object({ mobile: Type.String(), code: Type.String() })
type Message = Static<typeof Message>

/** The first byte of a message of the version before this one: `{`, because its messages are JSON. */
const JSON_START = '7b'

/**
 * The number and the code of a message, encrypted for the worker and bound to the request id. The clear text has half a
 * byte per digit, and `f` after the number and as padding. So the encrypted text has less than 64 characters, and Redis
 * keeps the whole code record in its small form, which needs a third of the memory.
 */
export const sealedMessage = {
  seal(keyring: Keyring, rid: string, { mobile, code }: Message): string {
    const digits = `${mobile}f${code}`
    return keyring.seal(digits.padEnd(digits.length + (digits.length % 2), 'f'), rid, 'hex')
  },

  /** Null if the text is changed or is for another request. @throws MissingKeyError */
  open(keyring: Keyring, rid: string, sealed: string): Message | null {
    const hex = keyring.open(sealed, rid, 'hex')
    if (hex === null) return null
    if (hex.startsWith(JSON_START))
      return Value.Parse(Message, JSON.parse(Buffer.from(hex, 'hex').toString()))
    const [mobile = '', code = ''] = hex.split('f')
    return { mobile, code }
  },
}
