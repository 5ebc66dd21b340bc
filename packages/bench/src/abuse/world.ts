// Mobile numbers and addresses, by index. Every attacker's address is in another subnet: the worst case for the
// limits.

/** 200 segments of seven digits, spread over the prefixes 13x, 15x, 17x and 18x. */
export const SEGMENTS = Array.from({ length: 200 }, (_, at) => {
  const operator = [13, 15, 17, 18][at % 4] ?? 13
  return String(operator * 100_000 + 11 + at * 487)
})
export const segmentAt = (at: number): string => SEGMENTS[at % SEGMENTS.length] ?? ''

/** A number of a segment. Ordinary users have the numbers below 1,000, attackers use the others. */
export const mobileIn = (segment: string, at: number): string =>
  segment + String(at % 10_000).padStart(4, '0')
export const strangerIn = (segment: string, at: number): string => mobileIn(segment, 1_000 + (at % 9_000))

export const ownAddress = (at: number): string => `10.0.${at % 100}.${1 + (Math.floor(at / 100) % 250)}`
export const officeAddress = (at: number): string => `10.1.${at % 250}.1`
export const attackAddress = (at: number): string => `172.${16 + (at >> 8)}.${at & 255}.9`
