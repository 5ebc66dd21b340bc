import { parseArgs } from 'node:util'

export const PARTS = ['send', 'verify', 'image', 'worker'] as const
export type Part = (typeof PARTS)[number]

export const HELP = `npm run bench -- [options]

Measures the CPU time of the server process per successful request: send, verify, image codes and the worker,
each beside its floor (the least that its stack needs) and bare Fastify, in one run. It starts its own Redis on
a free port of the loopback and ends everything that it started. Linux only, because it reads /proc.

  --only <parts>  a comma list of: ${PARTS.join(', ')}
  --rounds <n>    measured rounds of each variant, after a warm-up round that does not count (5)
  --seconds <s>   length of a round of the API; the round of bare Fastify before it is half as long (2)
  --json          print the report as JSON, with every round
  --help          print this text
`

/** @throws Error with a message for the user when an option is invalid */
export function readOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', default: PARTS.join(',') },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const rounds = Number(values.rounds)
  const seconds = Number(values.seconds)
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100)
    throw new Error('--rounds: must be a whole number from 1 to 100')
  // The kernel counts CPU time in ticks of 10 ms, so a shorter round is too coarse. During a longer one, the
  // speed of the machine changes.
  if (!(seconds >= 0.5 && seconds <= 30)) throw new Error('--seconds: must be a number from 0.5 to 30')
  return { only: readParts(values.only), rounds, seconds, json: values.json, help: values.help }
}
export type Options = ReturnType<typeof readOptions>

function readParts(list: string): Part[] {
  const names = list.split(',')
  const unknown = names.filter((name) => !PARTS.some((part) => part === name))
  if (unknown.length > 0) throw new Error(`--only: "${unknown.join(', ')}" is not in: ${PARTS.join(', ')}`)
  return PARTS.filter((part) => names.includes(part))
}
