import { parseArgs } from 'node:util'
import { Type } from '@sinclair/typebox'
import { ConfigError, loadConfig, type Env } from '@sms-codes/core/config/load'
import type { Policy } from '@sms-codes/core/config/policy-schema'
import { gatewayFaults } from '@sms-codes/gateways/read-gateways'
import { vendorVariables, type VendorValues } from '@sms-codes/gateways/vendors'
import { onePositional, OpsError, type Command } from '../args.ts'
import { table } from '../output.ts'

export const checkPolicy: Command = {
  summary: 'check a policy file',
  help: `check-policy <file>

Reports every fault of a policy file with its line, and exits with 1 if it has one. A file without a fault is shown as a
table. The environment is checked too, as far as the gateways of the file need it: a secret that is missing here is
reported, but is no fault of the file. With NODE_ENV=production the rules of production apply.

  --help   this text
`,
  async run(args, { env, terminal }) {
    const { positionals } = parseArgs({ args, allowPositionals: true, options: {} })
    const file = onePositional(positionals, 'file')
    const { policy, faults } = read(file, env)
    const inFile = faults.filter((fault) => fault.startsWith(`${file}:`) || fault.startsWith('POLICY_FILE:'))
    if (policy === null || inFile.length > 0)
      throw new OpsError([`${file} has faults:`, ...inFile].join('\n  '))
    for (const line of describe(policy)) terminal.say(line)
    const missing = faults.filter((fault) => !inFile.includes(fault))
    if (missing.length > 0)
      terminal.say(['', 'In this environment:', ...missing.map((one) => `  ${one}`)].join('\n'))
    terminal.say(`\n${file} has no faults`)
  },
}

/** The policy is null if the file cannot be used. */
function read(file: string, env: Env): { policy: Policy | null; faults: readonly string[] } {
  let found: Policy | null = null
  const environment = {
    isProduction: env['NODE_ENV'] === 'production',
    env,
    callbackToken: env['CALLBACK_TOKEN'],
    publicUrl: env['PUBLIC_URL'],
  }
  const check = (policy: Policy, values: VendorValues) => {
    found = policy
    return gatewayFaults({ policy, listed: [], values, environment })
  }
  try {
    const { policy } = loadConfig(
      Type.Object(vendorVariables),
      { ...env, POLICY_FILE: file },
      { policy: [check] },
    )
    return { policy, faults: [] }
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err
    return { policy: found, faults: err.faults }
  }
}

function describe({ codes, scenes, gateways, countries }: Policy): string[] {
  const rows = Object.entries(scenes).map(([name, scene]) => {
    const { life, length, captcha, fallback = false } = { ...codes, ...scene }
    return [name, `${length} digits`, `${life} s`, captcha.join(' or '), fallback ? 'e-mail' : 'none']
  })
  return [
    ...table(['scene', 'code', 'life', 'captcha', 'fallback'], rows),
    '',
    `gateways in order: ${Object.keys(gateways).join(', ')}`,
    `countries: ${Object.entries(countries)
      .map(([name, { locale }]) => `${name} (${locale})`)
      .join(', ')}`,
  ]
}
