import type { FastifyRequest } from 'fastify'
import { createRecognizer, type Operator } from './credentials.ts'
import { createTries } from './tries.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null before the login and on the paths that need none. */
    operator: Operator | null
  }
}

/** Nothing was compared: this address has been wrong too often. */
export class TooManyTries extends Error {
  override readonly name = 'TooManyTries'
  readonly statusCode = 429
  readonly retryAfter: number

  constructor(seconds: number) {
    super('too many tries')
    this.retryAfter = seconds
  }
}

/** Whether a name and a password are those of an operator; throws when they are not. */
export function createLogin(operators: readonly Operator[]) {
  const tries = createTries()
  const recognize = createRecognizer(operators)
  return async (user: string, password: string, request: FastifyRequest): Promise<void> => {
    const wait = tries.waitSeconds(request.ip)
    // The right password is refused too, or guessing could go on.
    if (wait > 0) throw new TooManyTries(wait)
    const operator = recognize({ user, password })
    if (operator === null) {
      tries.countWrong(request.ip)
      throw new Error('wrong credentials')
    }
    request.operator = operator
  }
}
