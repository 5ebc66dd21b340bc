import type { FastifyRequest } from 'fastify'
import { createRecognizer, type Operator } from './credentials.ts'
import { createTries } from './tries.ts'

const loggedIn = new WeakMap<FastifyRequest, Operator>()

/** The operator that sent a request; null before the login and on paths without a password. */
export const operatorOf = (request: FastifyRequest) => loggedIn.get(request) ?? null

/** The address has sent too many wrong passwords, so its password was not checked. */
export class TooManyTries extends Error {
  override readonly name = 'TooManyTries'
  readonly statusCode = 429
  readonly retryAfter: number

  constructor(seconds: number) {
    super('too many tries')
    this.retryAfter = seconds
  }
}

/** Returns the check of a name and a password: it throws unless they belong to an operator. */
export function createLogin(operators: readonly Operator[]) {
  const tries = createTries()
  const recognize = createRecognizer(operators)
  return async (user: string, password: string, request: FastifyRequest): Promise<void> => {
    const wait = tries.waitSeconds(request.ip)
    // The correct password is refused too; otherwise guessing could go on.
    if (wait > 0) throw new TooManyTries(wait)
    const operator = recognize({ user, password })
    if (operator === null) {
      tries.countWrong(request.ip)
      throw new Error('wrong credentials')
    }
    loggedIn.set(request, operator)
  }
}
