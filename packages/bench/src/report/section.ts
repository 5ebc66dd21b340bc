import { table } from '../table.ts'

/** A table of the report. The first row is its head. */
export type Section = { title: string; rows: string[][]; note?: string }

/** The lines of a section of the report. */
export const textOf = ({ title, rows, note }: Section): string[] => [
  title,
  ...table(rows),
  ...(note === undefined ? [] : [note]),
  '',
]

/** A section of docs/performance.md. */
export const markdownOf = (section: Section) => `### ${section.title}\n\n${markdownTable(section)}`

export function markdownTable({ rows, note }: Section): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const [head = [], ...body] = rows
  const ruler = line(head.map((_cell, column) => (column === 0 ? '---' : '---:')))
  return [line(head), ruler, ...body.map(line), ...(note === undefined ? [] : ['', note])].join('\n')
}
