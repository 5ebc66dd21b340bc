import { build } from '../stack.ts'
import { CAMPAIGNS } from './campaigns.ts'
import { HELP, readOptions, type Options } from './options.ts'
import { createProgress } from './progress.ts'
import { judged, report } from './report.ts'
import { runAbuse } from './run.ts'

// Twice the usual duration on two busy cores.
const DEADLINE_MS = 10 * 60_000

// The children are killed in the "exit" event, which a signal alone does not cause.
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

try {
  const options = readOptions(
    process.argv.slice(2),
    CAMPAIGNS.map(({ name }) => name),
  )
  if (options.help) process.stdout.write(HELP)
  else await bench(options)
} catch (err) {
  process.stderr.write(`bench:abuse: ${err instanceof Error ? err.message : String(err)}\n`)
  process.exitCode = 1
}

async function bench(options: Options): Promise<void> {
  const deadline = setTimeout(() => {
    process.stderr.write(
      'bench:abuse: not finished after 10 minutes; a process hangs, or the machine is too busy\n',
    )
    process.exit(1)
  }, DEADLINE_MS)
  deadline.unref()
  const progress = createProgress()
  await build(progress.say, ['api'])
  const results = await runAbuse(options, progress)
  process.stdout.write(`${options.json ? JSON.stringify(judged(results), null, 2) : report(results)}\n`)
}
