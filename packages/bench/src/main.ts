import { HELP, readOptions, type Options } from './options.ts'
import { createProgress } from './progress.ts'
import { report } from './report.ts'
import { runBench } from './run.ts'
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
  process.exitCode = 1
}

async function bench(options: Options): Promise<void> {
  if (process.platform !== 'linux') {
    throw new Error('CPU time is read from /proc, which exists on Linux only; run this in a Linux container')
  }
  const progress = createProgress(options.rounds)
  await build(progress.say, ['api', 'worker', 'bench'])
  const results = await runBench(options, progress)
  process.stdout.write(`${options.json ? JSON.stringify(results, null, 2) : report(results)}\n`)
  const faults = results.summaries.filter(({ invalidRounds }) => invalidRounds > 0)
  if (faults.length > 0) process.exitCode = 1
}
