/** A mainland number, with or without +86. Digits beside a letter or another digit are part of an id or of a time. */
const NUMBER = /(?<![0-9A-Za-z]|[0-9]\.)(?:(?:00)?86)?1[3-9][0-9]{9}(?![0-9A-Za-z])/g

/** The digits of each line that is written as a phone number. */
const numbersIn = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => /^[-+ ]*[0-9][0-9 -]{7,}$/.test(line))
    .map((line) => line.replaceAll(/[^0-9]/g, ''))

/**
 * The numbers that a text shows: each mainland number that is not part of a longer word or number, and each
 * number of `given`, also inside one.
 * @param given texts that a command got. Those that are no phone number are left out.
 */
export const shownNumbers = (text: string, given: readonly string[] = []): string[] => [
  ...(text.match(NUMBER) ?? []),
  ...given.flatMap(numbersIn).filter((number) => text.includes(number)),
]
