import { writeFileSync } from 'node:fs'
import { ensureRedisBinary } from '@sms-codes/launcher/redis'
import buildApps from '../../../.ci/build-apps.ts'
import { chart } from './chart.ts'
import { ALERT_DRILLS } from './alert-drills.ts'
import { alertReport } from './alert-report.ts'
import { DRILLS } from './drills.ts'
import { HELP, readOptions } from './options.ts'
import { createProgress } from './progress.ts'
import { report } from './report.ts'
import { runDrill, type Result } from './run-drill.ts'
import { isFaulty } from './watch-alerts.ts'

// A drill that hangs ends after its own time and this.
const SPARE_MS = 10 * 60_000

// The children are killed in the "exit" event, which a signal alone does not cause.
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

try {
  const options = readOptions(process.argv.slice(2), DRILLS, ALERT_DRILLS)
  if (options.help) process.stdout.write(HELP)
  else if (options.list)
    for (const { name, title } of options.drills) process.stdout.write(`${name.padEnd(20)} ${title}\n`)
  else await drill(options)
} catch (err) {
  process.stderr.write(`drills: ${err instanceof Error ? err.message : String(err)}\n`)
  // Something may still run that keeps this process alive.
  process.exit(1)
}

async function drill(options: ReturnType<typeof readOptions<(typeof DRILLS)[number]>>): Promise<void> {
  const progress = createProgress(options.chosen.length)
  progress.say('build: turbo run build, for the apps')
  buildApps()
  await ensureRedisBinary({ say: progress.say })
  const results: Result[] = []
  for (const one of options.chosen) {
    const ownMs = (options.seconds ?? one.seconds) * 1_000
    const deadline = setTimeout(() => {
      progress.say(`drills: ${one.name} did not end; a process hangs, or the machine is too busy`)
      process.exit(1)
    }, ownMs + SPARE_MS)
    try {
      const result = await runDrill(one, options, progress)
      progress.end(result)
      results.push(result)
    } catch (err) {
      progress.say(`drills: ${one.name} could not be carried out: ${String(err)}`)
      process.exitCode = 1
    }
    clearTimeout(deadline)
    // After every drill, so that an interrupted run leaves what it has.
    if (options.json !== null) writeFileSync(options.json, `${JSON.stringify(results, null, 1)}\n`)
    if (options.chart !== null) writeFileSync(options.chart, chart(results))
  }
  if (results.length > 0)
    process.stdout.write(`${[report(results, options), ...alertReport(results)].join('\n')}\n`)
  const isBad = ({ breaches, alerts }: Result) => breaches.length > 0 || (alerts !== null && isFaulty(alerts))
  if (results.some(isBad)) process.exitCode = 1
}
