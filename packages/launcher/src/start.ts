// `npm start`: Redis, a build, the four apps, and one block that says where they are. Whatever ends it
// (a signal, an app that dies, a fault on the way up) ends everything it started and nothing else.
import { once } from 'node:events'
import { bringUp } from './bring-up.ts'
import { createFleet } from './fleet.ts'
import { StartupError } from './startup-error.ts'

const USAGE = `Usage: npm start

Starts Redis (the one at REDIS_URL, or one of its own with its data in .data/redis), builds, and runs
api, worker, board and simulator until Ctrl-C. Variables come from the environment, then from .env,
then from .data/dev.env, which is written at the first start. Logs go to .data/logs, warnings and
errors to the terminal too.`

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const say = (line: string): void => console.log(line)

if (process.argv.slice(2).some((argument) => ['--help', '-h'].includes(argument))) say(USAGE)
else process.exit(await start())

async function start(): Promise<number> {
  const end = new AbortController()
  // The children are in sessions of their own, so a Ctrl-C, and a second one, reaches only us.
  for (const signal of SIGNALS) process.on(signal, () => end.abort(signal))
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => end.abort('no terminal'))

  const over = once(end.signal, 'abort')
  const fleet = createFleet((error) => end.abort(error))
  bringUp({ fleet, signal: end.signal, say }).catch((error: unknown) => end.abort(error))
  await over

  const reason: unknown = end.signal.reason
  const code = report(reason)
  await fleet.stop()
  say('Stopped.')
  return code
}

function report(reason: unknown): number {
  if (typeof reason === 'string') {
    say(`\nStopping (${reason})`)
    return 0
  }
  console.error(reason instanceof StartupError ? `\n${reason.message}\n` : reason)
  return reason instanceof StartupError ? reason.exitCode : 1
}
