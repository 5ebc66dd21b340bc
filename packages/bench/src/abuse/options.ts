import { parseArgs } from 'node:util'
import { PEOPLE } from './people.ts'

export const HELP = `npm run bench:abuse -- [options]

Measures how many messages an attacker gets with the limits as they are set, and how many ordinary users are
refused wrongly. It runs the built API with its own Redis. In each campaign, ${PEOPLE} ordinary users and one
attacker, who solves every image code, act for six simulated hours. A missed goal does not change the exit
code. Everything that it started ends with it.

  --seed <n>            seed of the users' and attackers' behaviour; codes are always random (1)
  --only <n,n>          only these campaigns, from 0 (no attack) to 8
  --offices <n>         number of office addresses, which a fifth of the ordinary users share (40)
  --policy <file>       policy file of the API, in place of the settings that docs/abuse.md recommends
  --json                print the results as JSON
  --help                print this text
`

/** @throws Error with a message for the user when an option is invalid */
export function readOptions(args: string[], names: readonly string[]) {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string', default: '1' },
      only: { type: 'string', default: names.join(',') },
      offices: { type: 'string', default: '40' },
      policy: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const seed = Number(values.seed)
  const only = values.only.split(',')
  const offices = Number(values.offices)
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffff_ffff)
    throw new Error('--seed: must be a whole number from 0 to 4294967295')
  if (only.some((name) => !names.includes(name)))
    throw new Error(`--only: must be a list of ${names.join(', ')}`)
  if (!Number.isInteger(offices) || offices < 1 || offices > 250)
    throw new Error('--offices: must be a whole number from 1 to 250')
  return { seed, only, offices, policy: values.policy, json: values.json, help: values.help }
}
export type Options = ReturnType<typeof readOptions>
