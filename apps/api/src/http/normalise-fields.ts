import type { preValidationHookHandler } from 'fastify'
import { parseForwarded } from '@sms-codes/core/limits/client-address'
import { normaliseDigits, normaliseMobile } from '@sms-codes/core/mobile'

/** Full-width letters of an input method become ASCII letters. */
const normaliseLetters = (typed: string): string => typed.normalize('NFKC').replace(/\s/g, '')

const NORMALISERS = {
  mobile: normaliseMobile,
  sms_code: normaliseDigits,
  image_code: normaliseLetters,
  client_address: (typed: string) => parseForwarded(typed) ?? typed,
}

/**
 * Normalises what callers write, before the schema judges it. So the idempotency key, the job and the code record of a
 * request depend on its canonical values only. The classic call does not use this hook: it is as strict as before.
 */
export const normaliseFields: preValidationHookHandler = ({ params, body }, _reply, done) => {
  for (const fields of [params, body]) {
    if (typeof fields !== 'object' || fields === null) continue
    for (const [name, normalise] of Object.entries(NORMALISERS)) {
      const typed: unknown = Reflect.get(fields, name)
      if (typeof typed === 'string') Reflect.set(fields, name, normalise(typed))
    }
  }
  done()
}
