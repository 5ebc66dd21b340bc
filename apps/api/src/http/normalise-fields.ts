import type { FastifyRequest, preValidationHookHandler } from 'fastify'
import { parseForwarded } from '@sms-codes/core/limits/client-address'
import { normaliseDigits } from '@sms-codes/core/mobile'
import type { ReadNumbers } from '@sms-codes/core/numbers'
import { Refusal } from './answers.ts'

/** Full-width letters of an input method become ASCII letters. */
const normaliseLetters = (typed: string): string => typed.normalize('NFKC').replace(/\s/g, '')

const NORMALISERS = {
  sms_code: normaliseDigits,
  image_code: normaliseLetters,
  client_address: (typed: string) => parseForwarded(typed) ?? typed,
}

/**
 * Normalises what callers write, before the schema judges it. So the idempotency key, the job and the code record of a
 * request depend on its canonical values only. The classic call does not use this hook: it is as strict as before.
 */
export function createFieldNormaliser(readNumber: ReadNumbers) {
  const countries = new WeakMap<FastifyRequest, string>()

  const normaliseFields: preValidationHookHandler = (request, _reply, done) => {
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
      if ('fault' in number) return done(new Refusal(number.fault))
      Reflect.set(fields, 'mobile', number.mobile)
      countries.set(request, number.country)
    }
    done()
  }

  return {
    normaliseFields,
    /** The country of the number in a request that passed the hook. */
    countryOf: (request: FastifyRequest): string => countries.get(request) ?? 'CN',
  }
}
export type FieldNormaliser = ReturnType<typeof createFieldNormaliser>
