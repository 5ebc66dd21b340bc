import { createHash, timingSafeEqual } from 'node:crypto'

export type Credentials = { user: string; password: string }

/** A comparison that takes as long for a near miss as for a wild guess. The name holds no colon. */
export function credentialsCheck(expected: Credentials): (given: Credentials) => boolean {
  const digest = ({ user, password }: Credentials) =>
    createHash('sha256').update(`${user}:${password}`).digest()
  const wanted = digest(expected)
  return (given) => timingSafeEqual(digest(given), wanted)
}
