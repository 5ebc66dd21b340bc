import { parseArgs } from 'node:util'
import { PEOPLE } from './people.ts'

export const HELP = `npm run bench:abuse -- [options]

What campaigns of abuse cost with the limits as they are, and what they cost ordinary users: the built API
with a Redis of its own, ${PEOPLE} ordinary users over six simulated hours, and beside them each time another
attacker who solves every image code. It ends everything it started. A missed goal is a result and no error.

  --seed <n>            who comes when is drawn from it; codes are random all the same (1)
  --only <n,n>          only these campaigns, of 0 (nobody attacks) to 7
  --offices <n>         shared addresses that a fifth of the ordinary users stand behind (40)
  --set <NAME=value>    another value for a variable of the API, such as GUARD_MIN_SENDS=15; repeatable
  --json                the results as JSON on standard output
  --help                this text
`

/** @throws Error with a text for whoever typed the options */
export function readOptions(args: string[], names: readonly string[]) {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string', default: '1' },
      only: { type: 'string', default: names.join(',') },
      offices: { type: 'string', default: '40' },
      set: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const seed = Number(values.seed)
  const only = values.only.split(',')
  const offices = Number(values.offices)
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffff_ffff)
    throw new Error('--seed: a whole number from 0 to 4294967295')
  if (only.some((name) => !names.includes(name))) throw new Error(`--only: a list of ${names.join(', ')}`)
  if (!Number.isInteger(offices) || offices < 1 || offices > 250)
    throw new Error('--offices: a number from 1 to 250')
  const set = values.set.map((pair): [string, string] => {
    const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(pair) ?? []
    if (name === undefined || value === undefined) throw new Error('--set: a variable as NAME=value')
    return [name, value]
  })
  return { seed, only, offices, set: Object.fromEntries(set), json: values.json, help: values.help }
}
export type Options = ReturnType<typeof readOptions>
