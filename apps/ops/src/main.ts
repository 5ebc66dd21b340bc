import { runCli } from './cli.ts'
import { createTerminal } from './terminal.ts'

const stop = new AbortController()
// After the first signal the command still reports what it leaves behind. The second signal ends the process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
const { stdin, stdout, stderr } = process
// An error means that the reader of a pipe has ended, as in "| head".
for (const stream of [stdout, stderr]) stream.on('error', () => process.exit(1))

const terminal = createTerminal({ stdin, stdout, stderr, signal: stop.signal })
// process.exit would cut off output that a pipe has not taken yet.
process.exitCode = await runCli(process.argv.slice(2), { env: process.env, terminal })
