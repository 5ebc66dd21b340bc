import type { Random } from './random.ts'
import { mobileIn, officeAddress, ownAddress, segmentAt, SEGMENTS } from './world.ts'

export const MINUTES = 360
export const PEOPLE = 2_000

/** Somebody who wants to sign up, and what goes wrong on the way that is nobody's fault but theirs. */
export type Person = {
  mobile: string
  address: string
  /** The minute in which the first code is asked for. */
  minute: number
  mistypesImage: boolean
  asksAgain: boolean
  verifies: boolean
  mistypesCode: boolean
  /** Minutes from the last message to the code being typed. */
  reads: number
}

// Whoever begins later than this would not be done when the day part ends.
const LAST_START = MINUTES - 5

/** The ordinary users: a fifth of them behind the shared addresses of offices. */
export function createPeople(random: Random, offices: number): Person[] {
  return Array.from({ length: PEOPLE }, (_, at) => ({
    mobile: mobileIn(segmentAt(at), Math.floor(at / SEGMENTS.length)),
    address: random.chance(20) ? officeAddress(random.below(offices)) : ownAddress(at),
    minute: random.below(LAST_START),
    mistypesImage: random.chance(10),
    asksAgain: random.chance(5),
    verifies: random.chance(95),
    mistypesCode: random.chance(5),
    reads: 1 + random.below(2),
  }))
}
