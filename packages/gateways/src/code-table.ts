// Makes a table of the outcome class of each result code of a vendor. The vendor's folder lists the codes by class.
import { outcomeClasses, type OutcomeClass } from './gateway.ts'

/** @param codes by class, separated by white space. `111001-111003` is a range. */
export function classByCode(codes: Partial<Record<OutcomeClass, string>>): ReadonlyMap<string, OutcomeClass> {
  return new Map(
    outcomeClasses.flatMap((cls) =>
      (codes[cls]?.split(/\s+/) ?? []).flatMap(expandRange).map((code) => [code, cls] as const),
    ),
  )
}

function expandRange(codeOrRange: string): string[] {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(codeOrRange) ?? []
  if (last === undefined) return [codeOrRange]
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => String(Number(first) + i))
}
