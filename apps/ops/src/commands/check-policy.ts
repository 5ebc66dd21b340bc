import { parseArgs } from 'node:util'
import { Type } from '@sinclair/typebox'
import { ConfigError, loadConfig, type Env } from '@sms-codes/core/config/load'
import type { Policy } from '@sms-codes/core/config/policy-schema'
import { gatewayFaults } from '@sms-codes/gateways/read-gateways'
import { vendorVariables, type VendorValues } from '@sms-codes/gateways/vendors'
import { onePositional, OpsError, type Command } from '../args.ts'

export const checkPolicy: Command = {
  summary: 'check a policy file',
  help: `check-policy <file>

Reports every fault of a policy file with its line, and exits with 1 if it has one. The environment is checked too, as
far as the gateways of the file need it: a secret that is missing here is reported, but is no fault of the file. With
NODE_ENV=production the rules of production apply.
`,
  async run(args, { env, terminal }) {
    const { positionals } = parseArgs({ args, allowPositionals: true, options: {} })
    const file = onePositional(positionals, 'file')
    const faults = faultsOf(file, env)
    const inFile = faults.filter((fault) => fault.startsWith(`${file}:`) || fault.startsWith('POLICY_FILE:'))
    if (inFile.length > 0) throw new OpsError([`${file} has faults:`, ...inFile].join('\n  '))
    terminal.say(`${file} has no faults`)
    if (faults.length > 0) terminal.say(['In this environment:', ...faults].join('\n  '))
  },
}

function faultsOf(file: string, env: Env): readonly string[] {
  const environment = {
    isProduction: env['NODE_ENV'] === 'production',
    env,
    callbackToken: env['CALLBACK_TOKEN'],
    publicUrl: env['PUBLIC_URL'],
  }
  const check = (policy: Policy, values: VendorValues) =>
    gatewayFaults({ policy, listed: [], values, environment })
  try {
    loadConfig(Type.Object(vendorVariables), { ...env, POLICY_FILE: file }, { policy: [check] })
    return []
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err
    return err.faults
  }
}
