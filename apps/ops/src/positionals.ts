import { usageError } from './ops-error.ts'

/** What was typed is not repeated: it may be a number that stands in the wrong place. */
export function refusePositionals(given: readonly string[]): void {
  if (given.length > 0) throw usageError('takes options only, and there is a word that is none')
}

/** @param what it is, for who left it out */
export function onePositional(given: readonly string[], what: string): string {
  const [one, ...more] = given
  if (one === undefined) throw usageError(`${what} is missing`)
  if (more.length > 0) throw usageError(`takes one ${what}, and there are ${given.length} words`)
  return one
}
