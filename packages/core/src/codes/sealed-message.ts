import type { Keyring } from '../keyring.ts'
import { shortForm } from '../mobile.ts'

type Message = { mobile: string; code: string }

/**
 * The number and the code of a message, encrypted for the worker and bound to the request id. The clear text has half a
 * byte per digit, `e` for the plus of a number, and `f` after the number and as padding. So the encrypted text has less than 64 characters, and Redis
 * keeps the whole code record in its small form, which needs a third of the memory.
 */
export const sealedMessage = {
  seal(keyring: Keyring, rid: string, { mobile, code }: Message): string {
    const digits = `${shortForm(mobile).replace('+', 'e')}f${code}`
    return keyring.seal(digits.padEnd(digits.length + (digits.length % 2), 'f'), rid, 'hex')
  },

  /** Null if the text is changed or is for another request. @throws MissingKeyError */
  open(keyring: Keyring, rid: string, sealed: string): Message | null {
    const hex = keyring.open(sealed, rid, 'hex')
    if (hex === null) return null
    const [number = '', code = ''] = hex.split('f')
    return { mobile: number.startsWith('e') ? number.replace('e', '+') : `+86${number}`, code }
  },
}
