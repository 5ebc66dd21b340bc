// Finds the code in what a user types or pastes.
import type { SmsCodes } from '@sms-codes/client'

/**
 * Returns the digits of the code if the text has them, also in full-width digits, in groups, or inside the whole message,
 * and whether they certainly are the code: the text has no others, or they follow a word for the code. From any other text,
 * only blanks and dashes are removed.
 */
export function findCode(typed: string, length: number, client: Pick<SmsCodes, 'normaliseCode'>) {
  const run = `(?<![0-9])([0-9]{${length}})(?![0-9])`
  const message = typed.normalize('NFKC')
  const joined = client.normaliseCode(typed)
  const tries = [
    [`(?:[证證验驗态態录錄][码碼]|code)[^0-9]{0,8}${run}`, message],
    [run, message],
    [run, joined],
  ] as const
  for (const [pattern, text] of tries) {
    const found = new Set(Array.from(text.matchAll(new RegExp(pattern, 'gi')), (match) => match[1]))
    const [code] = found
    if (code !== undefined) return { code, isCertain: found.size === 1 }
  }
  return { code: joined, isCertain: false }
}

export const isCode = (text: string, length: number): boolean =>
  text.length === length && /^[0-9]+$/.test(text)
