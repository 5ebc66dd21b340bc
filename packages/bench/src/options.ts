import { parseArgs } from 'node:util'

export const PARTS = [
  'send',
  'verify',
  'image',
  'worker',
  'code',
  'latency',
  'start',
  'storage',
  'backlog',
  'cluster',
] as const
export type Part = (typeof PARTS)[number]

export const HELP = `npm run bench -- [options]

Measures what a code costs, beside floors in the same run: bare Fastify, and the least that the stack (Fastify,
BullMQ, Redis) needs for a send, a verify and a message. It compares the figures with the goals. It starts its
own Redis on free ports of the loopback and ends everything that it started. Linux only, because it reads /proc.

  --only <parts>  a comma list of the parts to run (all; about four minutes on two cores)
      send, verify, image   CPU time of the API and of Redis per request
      worker                CPU time per job, with a gateway that answers at once and one that takes 50 ms
      code                  commands and CPU time of one code from picture to verify, with delivery receipts
      latency               latencies at 500 sends a second; memory of the processes after 5,000 sends
      start                 time from the start of a process until it is ready
      storage               memory of Redis for each code, at once and after an hour
      backlog               the worker with 1,000, 100,000 and 1,000,000 jobs waiting
      cluster               how a Cluster of three nodes shares the work of four shards
  --rounds <n>    measured rounds of send, verify, image and worker, after one that does not count (4)
  --seconds <s>   length of a round of the API; the round of bare Fastify before it is half as long (1.5)
  --json          print the results as JSON, with every round
  --markdown      print the tables of docs/performance.md: ratios, with the goals and the sizing table
  --chart <file>  write an SVG bar chart: the product beside its floors, with the goals
  --profile <dir> write CPU profiles of the measured programs to this directory, and print what took their time
  --write-docs    write the tables and the chart into docs/performance.md, docs/performance.svg and
                  docs/operations.md; with --profile, write only where the time goes
  --help          print this text
`

/** @throws Error with a message for the user when an option is invalid */
export function readOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', default: PARTS.join(',') },
      rounds: { type: 'string', default: '4' },
      seconds: { type: 'string', default: '1.5' },
      json: { type: 'boolean', default: false },
      markdown: { type: 'boolean', default: false },
      chart: { type: 'string' },
      profile: { type: 'string' },
      'write-docs': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const { json, markdown, help, chart = null, profile = null, 'write-docs': writeDocs } = values
  const rounds = Number(values.rounds)
  const seconds = Number(values.seconds)
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100)
    throw new Error('--rounds: must be a whole number from 1 to 100')
  // The kernel counts CPU time in ticks of 10 ms, so a shorter round is too coarse. During a longer one, the
  // speed of the machine changes.
  if (!(seconds >= 0.5 && seconds <= 30)) throw new Error('--seconds: must be a number from 0.5 to 30')
  if (json && markdown) throw new Error('--json and --markdown: choose one of them')
  if (chart === '') throw new Error('--chart: the name of a file is missing')
  if (profile === '') throw new Error('--profile: the name of a directory is missing')
  return { only: readParts(values.only), rounds, seconds, json, markdown, chart, profile, writeDocs, help }
}
export type Options = ReturnType<typeof readOptions>

function readParts(list: string): Part[] {
  const names = list.split(',')
  const unknown = names.filter((name) => !PARTS.some((part) => part === name))
  if (unknown.length > 0) throw new Error(`--only: "${unknown.join(', ')}" is not in: ${PARTS.join(', ')}`)
  return PARTS.filter((part) => names.includes(part))
}
