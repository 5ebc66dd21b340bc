import { parseArgs } from 'node:util'
import { Type, type StaticDecode } from '@sinclair/typebox'
import { list, parsed } from '@sms-codes/core/config/decoders'
import { ConfigError, loadConfig, type Env } from '@sms-codes/core/config/load'
import type { Policy } from '@sms-codes/core/config/policy-schema'
import { checkCallbacks, checkMailServer } from '@sms-codes/core/config/scene-checks'
import { processVariables, shared } from '@sms-codes/core/config/shared-variables'
import { gatewayFaults } from '@sms-codes/gateways/read-gateways'
import { vendorVariables } from '@sms-codes/gateways/vendors'
import { onePositional, OpsError, type Command } from '../args.ts'

export const checkPolicy: Command = {
  summary: 'check a policy file',
  help: `check-policy <file>

Reports every fault of a policy file with its line, and exits with 1 if it has one. The environment is checked too, as
far as the gateways and scenes of the file need it: a secret that is missing here is reported, but is no fault of the
file, and so is a variable that has moved to the policy. SMS_GATEWAYS and the rules of production (NODE_ENV=production)
apply as in a worker.
`,
  async run(args, { env, terminal }) {
    const { positionals } = parseArgs({ args, allowPositionals: true, options: {} })
    const file = onePositional(positionals, 'file')
    const faults = faultsOf(file, env)
    const inFile = faults.filter((fault) => fault.startsWith(`${file}:`) || fault.startsWith('POLICY_FILE:'))
    if (inFile.length > 0) throw new OpsError([`${file} has faults:`, ...inFile].join('\n  '))
    if (faults.length === 0) terminal.say(`${file} has no faults`)
    else {
      const head = `${file} has no faults of its own, but in this environment a worker would not start:`
      terminal.say([head, ...faults].join('\n  '))
    }
  },
}

/** The variables that decide whether a worker can use the gateways of the policy and serve its scenes. */
const GatewayEnv = Type.Object({
  NODE_ENV: processVariables.NODE_ENV,
  CALLBACK_TOKEN: shared.CALLBACK_TOKEN,
  PUBLIC_URL: shared.PUBLIC_URL,
  SMTP_URL: Type.Optional(Type.String()),
  SMS_GATEWAYS: parsed(list, { default: '', description: 'comma list of gateways of the policy' }),
  ...vendorVariables,
})
type GatewayValues = Partial<StaticDecode<typeof GatewayEnv>>

function faultsOf(file: string, env: Env): readonly string[] {
  const check = (policy: Policy, values: GatewayValues) => {
    const {
      NODE_ENV,
      CALLBACK_TOKEN: callbackToken,
      PUBLIC_URL: publicUrl,
      SMS_GATEWAYS: listed = [],
    } = values
    const environment = { isProduction: NODE_ENV === 'production', env, callbackToken, publicUrl }
    const input = { policy, values, environment }
    const all = gatewayFaults({ ...input, listed: [] })
    if (listed.length === 0) return all
    // A worker needs no secrets of the gateways that SMS_GATEWAYS leaves out.
    return [...all.filter((fault) => typeof fault !== 'string'), ...gatewayFaults({ ...input, listed })]
  }
  try {
    loadConfig(
      GatewayEnv,
      { ...env, POLICY_FILE: file },
      { policy: [check, checkMailServer, checkCallbacks] },
    )
    return []
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err
    return err.faults
  }
}
