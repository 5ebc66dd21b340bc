import { runCli } from './cli.ts'
import { createTerminal } from './terminal.ts'

const stop = new AbortController()
// The first asks the command to end, which tells what it leaves behind; the second ends the process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
const { stdin, stdout, stderr } = process
// Whoever read us is gone, as behind "| head".
for (const stream of [stdout, stderr]) stream.on('error', () => process.exit(1))

const terminal = createTerminal({ stdin, stdout, stderr, signal: stop.signal })
// Not process.exit: it would cut off what a pipe has not taken yet.
process.exitCode = await runCli(process.argv.slice(2), { env: process.env, terminal })
