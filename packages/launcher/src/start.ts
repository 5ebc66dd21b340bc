// `npm start`: Redis, a build, the four apps, and a summary of their addresses. A signal, an app that exits
// or a fault during the start ends everything that this process started, and nothing else.
import { once } from 'node:events'
import { createChildren } from './children.ts'
import { startEverything } from './start-everything.ts'
import { StartupError } from './startup-error.ts'

const USAGE = `Usage: npm start

Starts Redis, builds the apps, and runs api, worker, board and simulator until Ctrl-C.

Redis      The one at REDIS_URL if that is set, otherwise one with its data in .data/redis. If no Redis is
           on the PATH, apt-get downloads it into .data/programs. Nothing is installed.
Variables  From the environment, then from .env, then from .data/dev.env. The first start writes
           .data/dev.env with generated secrets, and every start writes .data/policy.yaml.
Logs       In .data/logs. Warnings and errors are shown in the terminal too.`

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const say = (line: string): void => console.log(line)

if (process.argv.slice(2).some((argument) => ['--help', '-h'].includes(argument))) say(USAGE)
else process.exit(await start())

async function start(): Promise<number> {
  const end = new AbortController()
  // The children run in their own sessions, so Ctrl-C in the terminal reaches only this process.
  for (const signal of SIGNALS) process.on(signal, () => end.abort(signal))
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', () => end.abort('the terminal is closed'))

  const over = once(end.signal, 'abort')
  const children = createChildren((error) => end.abort(error))
  startEverything({ children, signal: end.signal, say }).catch((error: unknown) => end.abort(error))
  await over

  const reason: unknown = end.signal.reason
  const code = report(reason)
  await children.stop()
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
