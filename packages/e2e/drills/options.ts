import { parseArgs } from 'node:util'

export const HELP = `npm run drills -- [name…] [options]

Breaks a running service and follows every request to its end. Each number comes from an answer of the API, or from a
message that reached a phone or a mailbox. Each drill starts two APIs, three workers, the board, a Redis with an append-only
file and the simulator, and loads them with users: each has a phone, a picture and an address, and verifies the code
that arrives. The exit code is 1 if a promise is broken. It ends everything that it started.

  name…               the drills to run (all)
  --list              print the drills with what they break
  --quick             run the short drills, in at most three minutes
  --alerts            run the drills of the alerts, in about 30 minutes: a Prometheus watches each with the rules of
                      docs/monitoring, and the exit code is 1 if an alert is missing or false
  --seed <n>          seed of the users: their numbers, their order of the APIs, their pauses (1)
  --rate <n>          users per second (20; 10 with --quick, 6 with --alerts)
  --seconds <s>       how long things stay broken, for drills that wait; the default is each drill's own
  --json <file>       write all figures, with those of each second, to a file
  --chart <file.svg>  write a chart to a file
  --help              print this text
`

type Known = { name: string; isQuick?: boolean }
export type Options = { seed: number; rate: number; seconds: number | null }

/**
 * @param alertDrills the drills of `--alerts`
 * @throws Error with a message for the user when an option is invalid
 */
export function readOptions<Drill extends Known>(
  args: string[],
  usual: readonly Drill[],
  alertDrills: readonly Drill[],
) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      list: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      alerts: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      rate: { type: 'string' },
      seconds: { type: 'string' },
      json: { type: 'string' },
      chart: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const { list, quick, alerts, help, json = null, chart = null } = values
  const drills = alerts ? alertDrills : usual
  const usualRate = alerts ? '6' : quick ? '10' : '20'
  const unknown = positionals.filter((name) => drills.every((drill) => drill.name !== name))
  if (unknown.length > 0)
    throw new Error(`no drill has the name ${unknown.join(', ')}; --list prints the names`)
  const isChosen = ({ name, isQuick = false }: Known) =>
    positionals.length > 0 ? positionals.includes(name) : isQuick || !quick
  return {
    seed: numberOf('--seed', values.seed, 0, 0xffff_ffff),
    rate: numberOf('--rate', values.rate ?? usualRate, 1, 200),
    seconds: values.seconds === undefined ? null : numberOf('--seconds', values.seconds, 1, 3_600),
    drills,
    chosen: drills.filter(isChosen),
    list,
    help,
    json,
    chart,
  }
}

function numberOf(name: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < min || value > max)
    throw new Error(`${name}: must be a whole number from ${min} to ${max}`)
  return value
}
