import type { Reply } from './sockets.ts'

/** The replies of successful requests. */
export const accepted = (replies: readonly Reply[]) => replies.filter(({ body }) => body['code'] === '0')
export const withCode = (replies: readonly Reply[], code: string) =>
  replies.filter(({ body }) => body['code'] === code)

/**
 * Checks that exactly `most` requests were accepted and the rest refused with this code, and returns the
 * deviations. On a busy machine a command may exceed its deadline (code 5000): such a request may count as
 * either.
 */
export function breaches(replies: readonly Reply[], most: number, code: string): string[] {
  const [won, undecided] = [accepted(replies).length, withCode(replies, '5000').length]
  const refused = withCode(replies, code).length
  return [
    ...(won > most ? [`${won} were accepted`] : []),
    ...(won + undecided < most ? [`only ${won} were accepted`] : []),
    ...(won + undecided + refused < replies.length ? ['some got another answer'] : []),
  ]
}

/**
 * Checks that simultaneous wrong guesses with the request id count down the four attempts that are left after the
 * first, and returns the deviations. A request that exceeded its deadline may have had any of the numbers.
 */
export function attemptBreaches(replies: readonly Reply[]): string[] {
  const undecided = withCode(replies, '5000').length
  const told = withCode(replies, '4008')
    .map(({ body }) => Number(body['attempts_left']))
    .filter((left) => left > 0)
  return [
    ...breaches(replies, 0, '4008'),
    ...(new Set(told).size < told.length ? [`${told.join()} attempts were left`] : []),
    ...(told.some((left) => left > 4) ? ['more than five attempts were left'] : []),
    ...(told.length + undecided < 4 ? [`only ${told.length} attempts were told`] : []),
  ]
}
