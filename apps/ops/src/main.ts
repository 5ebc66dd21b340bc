import { runCli } from './cli.ts'
import { createTerminal } from './terminal.ts'

const stop = new AbortController()
// The first signal lets the command report what it leaves behind; the second ends the process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
const { stdin, stdout, stderr } = process
// The reader of the pipe has ended, as in "| head".
for (const stream of [stdout, stderr]) stream.on('error', () => process.exit(1))

const terminal = createTerminal({ stdin, stdout, stderr, signal: stop.signal })
// process.exit would cut off output that a pipe has not taken yet.
process.exitCode = await runCli(process.argv.slice(2), { env: process.env, terminal })
