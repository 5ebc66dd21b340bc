// Writes what this run measured into the documents that quote it.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Results } from '../run.ts'
import { PROJECT_DIR } from '../start-programs.ts'
import { drawChart, barsOf } from './chart.ts'
import { profileDocument } from './profile.ts'
import { markdownReport } from './report.ts'
import { markdownTable } from './section.ts'
import { sizingOf } from './sizing.ts'

const inDocs = (name: string) => join(PROJECT_DIR, 'docs', name)

/** Writes the tables, the chart and the sizing table. The last two stay as they are if their parts did not run. */
export function writeFigures(results: Results): void {
  fillFile('performance.md', 'figures', markdownReport(results))
  const bars = barsOf(results)
  if (bars.length > 0) writeFileSync(inDocs('performance.svg'), drawChart(bars))
  if (results.oneCode !== null) fillFile('operations.md', 'sizing', markdownTable(sizingOf(results.oneCode)))
}

/** Writes where the time goes. Profiling slows the programs down, so such a run gives no figures. */
export function writeProfile(dir: string): void {
  fillFile('performance.md', 'profile', profileDocument(dir))
}

function fillFile(name: string, part: string, content: string): void {
  const file = inDocs(name)
  writeFileSync(file, fillPart(readFileSync(file, 'utf8'), part, content))
}

/** Replaces the text between the two marks of a part. @throws Error if the document does not have the marks */
export function fillPart(document: string, part: string, content: string): string {
  const [begin, end] = [`<!-- npm run bench writes this: ${part} -->\n`, `\n<!-- end: ${part} -->`]
  const [from, to] = [document.indexOf(begin), document.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`a document lacks the marks of the part "${part}"`)
  return `${document.slice(0, from)}${begin}\n${content}\n${document.slice(to)}`
}
