// The environment of the apps on a developer's machine: what the developer has set, then the project's
// .env, then values that make it run. Processes that start at the same moment must get the same secrets,
// or the worker could not open what the API sealed.
import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { portOf, urlOf } from './addresses.ts'
import { PROJECT_DIR } from './apps.ts'
import { hasCode } from './startup-error.ts'

/** A copy of `env` with what is missing; in production nothing is made up. */
export function developmentEnv(
  env: NodeJS.ProcessEnv,
  dataDir: string,
  envFile = join(PROJECT_DIR, '.env'),
): NodeJS.ProcessEnv {
  if (env['NODE_ENV'] === 'production') return env
  const chosen = { ...set(readEnvFile(envFile)), ...set(env) }
  if (chosen['NODE_ENV'] === 'production') return chosen
  const simulator = urlOf(chosen, 'SIMULATOR_PORT')
  return {
    SMS_GATEWAYS: 'ccp',
    CCP_BASE_URL: simulator,
    API_URL: urlOf(chosen, 'API_PORT'),
    CORS_ORIGINS: `${simulator},http://localhost:${portOf(chosen, 'SIMULATOR_PORT')}`,
    ...secrets(dataDir),
    ...chosen,
  }
}

// An empty variable is how a shell or a copied example file says "not set".
function set(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
}

function secrets(dataDir: string): NodeJS.ProcessEnv {
  const file = join(dataDir, 'dev.env')
  const kept = readEnvFile(file)
  if (Object.keys(kept).length > 0) return kept
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  const lines = Object.entries(generate()).map(([name, value]) => `${name}=${value}`)
  writeFileSync(draft, `${lines.join('\n')}\n`, { mode: 0o600, flag: 'wx' })
  try {
    // A link appears whole or not at all, and fails where another process was first.
    linkSync(draft, file)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  } finally {
    rmSync(draft)
  }
  return readEnvFile(file)
}

function generate(): Record<string, string> {
  return {
    PHONE_KEY: randomBytes(32).toString('base64'),
    CODE_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    BOARD_USER: 'operator',
    BOARD_PASSWORD: randomBytes(18).toString('base64url'),
    CCP_ACCOUNT_SID: randomBytes(16).toString('hex'),
    CCP_AUTH_TOKEN: randomBytes(16).toString('hex'),
    CCP_APP_ID: randomBytes(16).toString('hex'),
    CCP_TEMPLATE_ID: '1',
  }
}

function readEnvFile(file: string): NodeJS.ProcessEnv {
  try {
    return { ...parseEnv(readFileSync(file, 'utf8')) }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return {}
    throw error
  }
}
