import type { Random } from './random.ts'
import { mobileIn, officeAddress, ownAddress, segmentAt, SEGMENTS } from './world.ts'

export const MINUTES = 360
export const PEOPLE = 2_000

/** An ordinary user who signs up, with the user's own mistakes. */
export type Person = {
  mobile: string
  address: string
  /** The minute of the first request. */
  minute: number
  mistypesImage: boolean
  asksAgain: boolean
  verifies: boolean
  mistypesCode: boolean
  /** Minutes between the last message and the verify call. */
  reads: number
}

// A user who starts later would not finish before the end of the simulation.
const LAST_START = MINUTES - 5

/** Creates the ordinary users. A fifth of them share the addresses of offices. */
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
