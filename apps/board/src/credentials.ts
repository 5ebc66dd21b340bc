import { createHash, timingSafeEqual } from 'node:crypto'

export type Credentials = { user: string; password: string }
export type Operator = Credentials & { mayWrite: boolean }

/**
 * Tells whose credentials these are, null for nobody's. It takes as long for a near miss as for a wild guess,
 * and as long for one operator as for the other. A name holds no colon.
 */
export function createRecognizer(operators: readonly Operator[]): (given: Credentials) => Operator | null {
  const digest = ({ user, password }: Credentials) =>
    createHash('sha256').update(`${user}:${password}`).digest()
  const known = operators.map((operator) => ({ operator, wanted: digest(operator) }))
  return (given) => {
    const guess = digest(given)
    const [match] = known.filter(({ wanted }) => timingSafeEqual(guess, wanted))
    return match?.operator ?? null
  }
}
