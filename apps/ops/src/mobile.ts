import { MOBILE_PATTERN } from '@sms-codes/core/mobile'
import { usageError } from './ops-error.ts'
import type { Terminal } from './terminal.ts'

/** How a number is given, for the help of commands that take one. */
export const MOBILE_HELP = `A number on a command line can be seen by everybody on the machine (ps) and stays in the history of the shell:
"-" in its place reads it from standard input.`

const mobile = new RegExp(MOBILE_PATTERN)

/** @param word the number, or - for standard input */
export async function readMobile(word: string, { readInput }: Pick<Terminal, 'readInput'>): Promise<string> {
  const text = word === '-' ? await readInput() : word
  if (!mobile.test(text))
    throw usageError(
      'not a mobile number: it must be eleven digits that begin with 13 to 19, without prefix or spaces',
    )
  return text
}
