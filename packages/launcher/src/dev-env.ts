// The environment of the apps on a developer's machine: the environment of this process, then the project's
// .env, then values that make the apps work together.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { portOf, urlOf } from './addresses.ts'
import { PROJECT_DIR } from './apps.ts'
import { developmentSecrets } from './dev-secrets.ts'
import { readEnvFile } from './env-file.ts'
import { writePolicy } from './policy-file.ts'
import { developmentPolicy, FIRST_GATEWAYS } from './simulated-vendors.ts'

/**
 * Returns a copy of `env` with the missing variables. In production it adds nothing.
 * @param options.writesPolicy whether the process may replace the policy file, which other processes read
 */
export function developmentEnv(
  env: NodeJS.ProcessEnv,
  dataDir: string,
  envFile = join(PROJECT_DIR, '.env'),
  { writesPolicy = true } = {},
): NodeJS.ProcessEnv {
  if (env['NODE_ENV'] === 'production') return env
  const chosen = { ...withoutEmpty(readEnvFile(envFile)), ...withoutEmpty(env) }
  if (chosen['NODE_ENV'] === 'production') return chosen
  const simulator = urlOf(chosen, 'SIMULATOR_PORT')
  const secrets = developmentSecrets(dataDir)
  const policyFile = join(dataDir, 'policy.yaml')
  // A developer's own policy names its gateways itself.
  const isOwnPolicy = chosen['POLICY_FILE'] !== undefined
  if (writesPolicy && !isOwnPolicy) writePolicy(policyFile, developmentPolicy(simulator))
  const filled: NodeJS.ProcessEnv = {
    PUBLIC_URL: urlOf(chosen, 'API_PORT'),
    API_URL: urlOf(chosen, 'API_PORT'),
    SMTP_URL: urlOf(chosen, 'SIMULATOR_SMTP_PORT', 'smtp'),
    ...secrets,
    ...(!isOwnPolicy && existsSync(policyFile) && { POLICY_FILE: policyFile, SMS_GATEWAYS: FIRST_GATEWAYS }),
    ...chosen,
  }
  const pages = [simulator, `http://localhost:${portOf(chosen, 'SIMULATOR_PORT')}`]
  return {
    ...filled,
    // The demo page calls the API from its own origin, and its back end calls with an API key. Both are
    // added to the values that the user has set.
    CORS_ORIGINS: [...new Set([...list(chosen['CORS_ORIGINS']), ...pages])].join(','),
    API_KEYS: withDemoKey(list(chosen['API_KEYS']), filled['DEMO_API_KEY'] ?? '').join(','),
  }
}

// Shells and copied example files use an empty variable for "not set".
function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
}

const list = (text = '') => (text === '' ? [] : text.split(','))

/** Adds the demo page's key under a free name: the API refuses two keys with one name, or two names of one key. */
function withDemoKey(entries: readonly string[], key: string): readonly string[] {
  if (entries.some((entry) => entry.split(':')[1] === key)) return entries
  let name = 'demo'
  for (let n = 2; entries.some((entry) => entry.startsWith(`${name}:`)); n += 1) name = `demo-${n}`
  return [...entries, `${name}:${key}`]
}
