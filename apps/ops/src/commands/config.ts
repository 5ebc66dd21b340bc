import { parseArgs } from 'node:util'
import { list } from '@sms-codes/core/config/decoders'
import { parseCodeKeys, parseKey } from '@sms-codes/core/config/keys'
import type { Env } from '@sms-codes/core/config/load'
import { findDifferences, policyFingerprints } from '@sms-codes/core/process/fingerprints'
import { readProcesses } from '@sms-codes/core/process/heartbeat'
import { keyFingerprints } from '@sms-codes/core/redis/key-faults'
import { OpsError, type Command } from '../args.ts'
import { loadStoreConfig, type StoreConfig } from '../config.ts'
import { showSeconds, table } from '../output.ts'
import { showPolicy } from '../show-policy.ts'
import { showVariables } from '../show-variables.ts'
import { withStore } from '../store.ts'

export const config: Command = {
  summary: 'show the configuration of this environment, and which process differs from it',
  help: `config [--all] [--json]

Shows every variable of the API, the workers, the board and the commands with its value in this environment, then the
settings of the policy that differ from the built-in values, then the running processes and in which sections of the
policy and in which keys each differs from this environment. A secret is shown as "set" with the beginning of a
fingerprint. Logins in addresses, test numbers and their codes are masked. Variables that the policy names, such as
{env:VENDOR_API_KEY} of an http gateway, are not listed.

  --all    all settings of the policy, also those with the built-in value
  --json   for programs
`,
  async run(args, { env, terminal }) {
    const flag = { type: 'boolean', default: false } as const
    const { values } = parseArgs({ args, options: { all: flag, json: flag } })
    const storeConfig = loadStoreConfig(env)
    const variables = showVariables(env)
    const policy = showPolicy(env['POLICY_FILE'] || undefined, values.all)
    // The configuration is shown even if Redis does not answer.
    const found = await readDifferences(env, storeConfig).catch((err: unknown) => {
      if (err instanceof OpsError) return err
      throw err
    })
    const processes = found instanceof OpsError ? null : found
    if (values.json) terminal.say(JSON.stringify({ variables, policy, processes }))
    else {
      const rows = variables.map(({ name, value, from, processes: readBy }) => [name, from, readBy, value])
      table(['variable', 'from', 'read by', 'value'], rows).forEach(terminal.say)
      terminal.say('')
      showSettings(policy, env['POLICY_FILE'] || undefined).forEach(terminal.say)
      terminal.say('')
      if (processes !== null) showProcesses(processes).forEach(terminal.say)
    }
    if (found instanceof OpsError) throw found
  },
}

/** The running processes, each with the policy sections and keys in which it differs. @throws OpsError */
async function readDifferences(env: Env, storeConfig: StoreConfig) {
  const own = {
    // Without SMS_GATEWAYS here, the workers are compared with each other.
    policy: policyFingerprints(storeConfig.policy, list(env['SMS_GATEWAYS'] ?? '')),
    keys: ownKeys(env),
  }
  return withStore(storeConfig, async ({ redis }) =>
    findDifferences(await readProcesses(redis), own).map(({ process, policy, keys }) => {
      const { app, host, pid, version, startedAt } = process
      const upSeconds = Math.max(0, Math.round((Date.now() - startedAt) / 1000))
      return { app, host, pid, version, upSeconds, differs: [...policy, ...keys] }
    }),
  )
}

/** The fingerprints of the keys that this environment has. Keys that it lacks are compared among the processes. */
function ownKeys({ PHONE_KEY: phoneKey, CODE_KEYS: codeKeys }: Env): Record<string, string> {
  if (!phoneKey || !codeKeys) return {}
  try {
    return keyFingerprints({ phoneKey: parseKey(phoneKey), codeKeys: parseCodeKeys(codeKeys) })
  } catch {
    return {}
  }
}

function showSettings(policy: ReturnType<typeof showPolicy>, file: string | undefined): string[] {
  const head = file === undefined ? 'policy: built-in (POLICY_FILE is not set)' : `policy: ${file}`
  if (policy.length === 0) return [head, 'every setting has its built-in value']
  const isChanged = ({ value, builtIn }: (typeof policy)[number]) => value !== builtIn
  return [
    head,
    ...policy.map((one) => {
      const before = isChanged(one) ? `   (built-in: ${one.builtIn ?? 'not set'})` : ''
      return `${one.setting}: ${one.value ?? 'not set'}${before}`
    }),
  ]
}

function showProcesses(processes: Awaited<ReturnType<typeof readDifferences>>): string[] {
  if (processes.length === 0) return ['no process of the service is running']
  const rows = processes.map(({ app, host, pid, version, upSeconds, differs }) => [
    app,
    `${host} ${pid}`,
    version,
    showSeconds(upSeconds),
    differs.length === 0 ? 'nothing' : differs.join(', '),
  ])
  return table(['process', 'host and pid', 'version', 'up', 'differs from this environment in'], rows)
}
