import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { ClientAddress } from '@sms-codes/core/limits/forwarded-for'
import type { BoardMetrics } from './metrics.ts'
import { createTries } from './tries.ts'

export type Operator = { user: string; password: string; mayWrite: boolean }

const loggedIn = new WeakMap<FastifyRequest, Operator>()

/** Returns the operator of a request; null before the login and on paths without a password. */
export const operatorOf = (request: FastifyRequest) => loggedIn.get(request) ?? null

/** A user name contains no colon (config.ts), so different operators have different digests. */
const digestOf = ({ user, password }: Pick<Operator, 'user' | 'password'>) =>
  createHash('sha256').update(`${user}:${password}`).digest()

/**
 * Returns a function that throws unless a name and a password belong to an operator. An error with `retryAfter`, in
 * seconds, means that the password was not checked. The time of the comparison does not depend on the guess or on the
 * operator.
 */
export function createLogin(
  operators: readonly Operator[],
  clientAddress: ClientAddress,
  logins: BoardMetrics['logins'],
) {
  const tries = createTries()
  const known = operators.map((operator) => ({ operator, digest: digestOf(operator) }))
  return async (user: string, password: string, request: FastifyRequest): Promise<void> => {
    const address = clientAddress(request.raw)
    const wait = tries.waitSeconds(address)
    // The correct password is refused too, because otherwise an attacker could go on guessing.
    if (wait > 0) {
      logins.inc({ result: 'throttled' })
      throw Object.assign(new Error('too many tries'), { statusCode: 429, retryAfter: wait })
    }
    const guess = digestOf({ user, password })
    const [match] = known.filter(({ digest }) => timingSafeEqual(guess, digest))
    if (match === undefined) {
      tries.countWrong(address)
      logins.inc({ result: 'wrong' })
      throw new Error('wrong credentials')
    }
    loggedIn.set(request, match.operator)
    logins.inc({ result: 'ok' })
  }
}
