import { parseArgs } from 'node:util'

export const HELP = `npm run bench -- [options]

CPU time of the server process per success: bare Fastify beside send, verify, image codes and the worker,
all in one run. It starts its own Redis on a free port of the loopback and ends everything it started.
Linux only, because it reads /proc. About a minute and a quarter with the defaults.

  --rounds <n>    measured rounds of each variant, after one that is thrown away (5)
  --seconds <s>   length of a round of the API; the round of bare Fastify before it takes half (2)
  --json          the report as JSON on standard output, every round included
  --help          this text
`

/** @throws Error with a text for whoever typed the options */
export function readOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const rounds = Number(values.rounds)
  const seconds = Number(values.seconds)
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100)
    throw new Error('--rounds: a number from 1 to 100')
  // The kernel counts CPU time in ticks of 10 ms: a shorter round is too coarse, a longer one drifts.
  if (!(seconds >= 0.5 && seconds <= 30)) throw new Error('--seconds: a number from 0.5 to 30')
  return { rounds, seconds, json: values.json, help: values.help }
}
export type Options = ReturnType<typeof readOptions>
