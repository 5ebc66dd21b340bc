import { mkdirSync, writeFileSync } from 'node:fs'
import { HELP, readOptions, type Options } from './options.ts'
import { createProgress } from './progress.ts'
import { chartOf } from './report/chart.ts'
import { writeFigures, writeProfile } from './report/documents.ts'
import { faultsOf } from './report/faults.ts'
import { profileReport } from './report/profile.ts'
import { markdownReport, textReport } from './report/report.ts'
import { runBench, type Results } from './run.ts'
import { build } from './stack.ts'

// The children are killed in the "exit" event, which a signal alone does not cause.
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

try {
  const options = readOptions(process.argv.slice(2))
  if (options.help) process.stdout.write(HELP)
  else await bench(options)
} catch (err) {
  process.stderr.write(`bench: ${err instanceof Error ? err.message : String(err)}\n`)
  // The load generator may still have open connections.
  process.exit(1)
}

async function bench(options: Options): Promise<void> {
  if (process.platform !== 'linux') {
    throw new Error('CPU time is read from /proc, which exists on Linux only; run this in a Linux container')
  }
  const { chart, profile, writeDocs } = options
  if (profile !== null) mkdirSync(profile, { recursive: true })
  const progress = createProgress(options.rounds)
  await build(progress.say, ['api', 'worker', 'bench'])
  const results = await runBench(options, progress)
  process.stdout.write(`${print(results, options)}\n`)
  if (chart !== null) writeFileSync(chart, chartOf(results))
  if (writeDocs && profile === null) writeFigures(results)
  if (writeDocs && profile !== null) writeProfile(profile)
  if (profile !== null) process.stdout.write(`\n${profileReport(profile)}\n`)
  if (faultsOf(results).length > 0) process.exitCode = 1
}

function print(results: Results, { json, markdown }: Options): string {
  if (json) return JSON.stringify(results, null, 2)
  return markdown ? markdownReport(results) : textReport(results)
}
