// Makes a table of the outcome class of each result code of a vendor. The vendor's folder lists the codes by class.
import { outcomeClasses, type OutcomeClass, type SmsMessage } from './gateway.ts'
import { UNKNOWN_CODE, type CodeMeaning } from './transport-outcome.ts'
import { vendorWord } from './vendor-word.ts'

type CodeTable = ReadonlyMap<string, OutcomeClass>

/** @param codes by class, separated by white space. `111001-111003` is a range. */
export function classByCode(codes: Partial<Record<OutcomeClass, string>>): CodeTable {
  return new Map(
    outcomeClasses.flatMap((cls) =>
      (codes[cls]?.split(/\s+/) ?? []).flatMap(expandRange).map((code) => [code, cls] as const),
    ),
  )
}

export function expandRange(codeOrRange: string): string[] {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(codeOrRange) ?? []
  if (last === undefined) return [codeOrRange]
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => String(Number(first) + i))
}

/**
 * The meaning of a code of a vendor that refuses with every code except those of an acceptance. After an unlisted code
 * the next gateway may send the message, and the code is reported only in the expected form.
 */
export function meaningOf(table: CodeTable, code: string, form: RegExp, message: SmsMessage): CodeMeaning {
  const cls = table.get(code)
  if (cls !== undefined) return { class: cls, code, isKnown: true }
  return { class: 'switch_now', code: vendorWord(code, form, message) ?? UNKNOWN_CODE, isKnown: false }
}
