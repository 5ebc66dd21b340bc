// The environment of the apps on a developer's machine: what the developer has set, then the project's
// .env, then values that make it run. Processes that start at the same moment must get the same secrets,
// or the worker could not open what the API sealed.
import { hkdfSync, randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { portOf, urlOf } from './addresses.ts'
import { PROJECT_DIR } from './apps.ts'
import { hasCode, StartupError } from './startup-error.ts'

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
  const filled: NodeJS.ProcessEnv = {
    // The simulated CCP first; what it cannot deliver goes by the others, and then by e-mail.
    SMS_GATEWAYS: 'ccp,aliyun,tencent',
    SCENES:
      'default fallback=yes receipt_within=20; register fallback=yes; login fallback=yes; reset_password',
    CCP_BASE_URL: simulator,
    ALIYUN_BASE_URL: simulator,
    TENCENT_BASE_URL: simulator,
    TWILIO_BASE_URL: simulator,
    WEBHOOK_URL: `${simulator}/webhook`,
    PUBLIC_URL: urlOf(chosen, 'API_PORT'),
    API_URL: urlOf(chosen, 'API_PORT'),
    CORS_ORIGINS: `${simulator},http://localhost:${portOf(chosen, 'SIMULATOR_PORT')}`,
    SMTP_URL: urlOf(chosen, 'SIMULATOR_SMTP_PORT', 'smtp'),
    MAIL_FROM: 'sms-codes <codes@sms-codes.test>',
    ...secrets(dataDir),
    // A developer's own keys are not ours to hand to the demo page's back end.
    ...(chosen['API_KEYS'] === undefined ? {} : { DEMO_API_KEY: '' }),
    ...chosen,
  }
  return { API_KEYS: `demo:${filled['DEMO_API_KEY']}`, ...filled }
}

// An empty variable is how a shell or a copied example file says "not set".
function set(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
}

// What the file of an older version misses is drawn from what it has: processes that complete it at the
// same moment add the same, and it does not matter who is last.
function secrets(dataDir: string): NodeJS.ProcessEnv {
  const file = join(dataDir, 'dev.env')
  const text = readText(file)
  const kept = parseEnv(text ?? '')
  const made = Object.entries(generate(kept['PHONE_KEY'] ?? randomBytes(32)))
  const lines = made.flatMap(([name, value]) => (name in kept ? [] : [`${name}=${value}\n`]))
  if (lines.length === 0) return { ...kept }
  makeDir(dataDir)
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  writeFileSync(draft, [text?.replace(/\n*$/, '\n') ?? '', ...lines].join(''), { mode: 0o600, flag: 'wx' })
  try {
    // Both appear whole or not at all; a link fails where another process was first.
    if (text === null) linkSync(draft, file)
    else renameSync(draft, file)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  } finally {
    rmSync(draft, { force: true })
  }
  return readEnvFile(file)
}

function makeDir(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new StartupError(`DATA_DIR: no directory can be made there (${String(error)})`)
  }
}

function generate(seed: string | Buffer): Record<string, string> {
  const draw = (name: string, bytes: number) => Buffer.from(hkdfSync('sha256', seed, '', name, bytes))
  return {
    PHONE_KEY: draw('PHONE_KEY', 32).toString('base64'),
    CODE_KEYS: `k1:${draw('CODE_KEYS', 32).toString('base64')}`,
    BOARD_USER: 'operator',
    BOARD_PASSWORD: draw('BOARD_PASSWORD', 18).toString('base64url'),
    CCP_ACCOUNT_SID: draw('CCP_ACCOUNT_SID', 16).toString('hex'),
    CCP_AUTH_TOKEN: draw('CCP_AUTH_TOKEN', 16).toString('hex'),
    CCP_APP_ID: draw('CCP_APP_ID', 16).toString('hex'),
    CCP_TEMPLATE_ID: '1',
    ALIYUN_ACCESS_KEY_ID: draw('ALIYUN_ACCESS_KEY_ID', 12).toString('hex'),
    ALIYUN_ACCESS_KEY_SECRET: draw('ALIYUN_ACCESS_KEY_SECRET', 15).toString('hex'),
    ALIYUN_SIGN_NAME: '演示',
    ALIYUN_TEMPLATE_CODE: 'SMS_100000001',
    TENCENT_SECRET_ID: draw('TENCENT_SECRET_ID', 18).toString('hex'),
    TENCENT_SECRET_KEY: draw('TENCENT_SECRET_KEY', 16).toString('hex'),
    TENCENT_SDK_APP_ID: '1400000001',
    TENCENT_SIGN_NAME: '演示',
    TENCENT_TEMPLATE_ID: '1110',
    TWILIO_ACCOUNT_SID: `AC${draw('TWILIO_ACCOUNT_SID', 16).toString('hex')}`,
    TWILIO_AUTH_TOKEN: draw('TWILIO_AUTH_TOKEN', 16).toString('hex'),
    TWILIO_FROM: '+15005550006',
    WEBHOOK_SECRETS: `whsec_${draw('WEBHOOK_SECRETS', 32).toString('base64')}`,
    CALLBACK_TOKEN: draw('CALLBACK_TOKEN', 18).toString('base64url'),
    DEMO_API_KEY: draw('DEMO_API_KEY', 32).toString('hex'),
  }
}

function readEnvFile(file: string): NodeJS.ProcessEnv {
  return { ...parseEnv(readText(file) ?? '') }
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return null
    throw error
  }
}
