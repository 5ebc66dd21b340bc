import type { preValidationHookHandler } from 'fastify'
import { parseForwarded } from '@sms-codes/core/limits/client-address'
import { normaliseTyped } from '@sms-codes/core/mobile'
import type { ReadNumbers } from '@sms-codes/core/numbers'
import { Refusal } from './answers.ts'

const NORMALISERS = {
  sms_code: normaliseTyped,
  image_code: normaliseTyped,
  client_address: (typed: string) => parseForwarded(typed) ?? typed,
}

/**
 * Makes the hook that normalises what callers write, before the schema judges it. So the idempotency key, the job and the
 * code record of a request depend on its canonical values only. A number of a country that is not served passes, because
 * the data of its phone can be verified and erased still. The classic call does not use this hook: it is as strict as
 * before.
 */
export const createFieldNormaliser =
  (readNumber: ReadNumbers): preValidationHookHandler =>
  (request, _reply, done) => {
    for (const fields of [request.params, request.body]) {
      if (typeof fields !== 'object' || fields === null) continue
      for (const [name, normalise] of Object.entries(NORMALISERS)) {
        const typed: unknown = Reflect.get(fields, name)
        if (typeof typed === 'string') Reflect.set(fields, name, normalise(typed))
      }
      const typed: unknown = Reflect.get(fields, 'mobile')
      // The schema answers that an empty number is missing.
      if (typeof typed !== 'string' || typed === '') continue
      const number = readNumber(typed)
      if (!('mobile' in number)) return done(new Refusal(number.fault))
      Reflect.set(fields, 'mobile', number.mobile)
    }
    done()
  }

/** Makes a function that returns a number with its country. It throws Refusal if the number gets no code. */
export const createServedNumbers = (readNumber: ReadNumbers) => (mobile: string) => {
  const number = readNumber(mobile)
  if ('fault' in number) throw new Refusal(number.fault)
  return number
}
