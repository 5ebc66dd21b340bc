import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { mergeSettings } from '@sms-codes/core/test/policy-file'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { simulatedGateways, simulatedSecrets } from '@sms-codes/launcher/simulated-vendors'

export type Env = Record<string, string>

const importOf = (file: string) => `--import=${pathToFileURL(join(import.meta.dirname, file)).href}`

/** The variable that makes a process load patient-redis.mjs, and these files of this folder, before its own code. */
export const nodeOptions = (...files: string[]): Env => ({
  NODE_OPTIONS: ['patient-redis.mjs', ...files].map(importOf).join(' '),
})
/**
 * The variable of a process that has the deadline of the product for a command to Redis: for tests about that deadline, and
 * for tests under load, which count refusals.
 */
export const STRICT_DEADLINE: Env = { NODE_OPTIONS: '' }

const hex = (bytes: number) => randomBytes(bytes).toString('hex')
const base64 = (bytes: number) => randomBytes(bytes).toString('base64')
const base64url = (bytes: number) => randomBytes(bytes).toString('base64url')

type EnvOptions = {
  redisUrl: string
  simulatorPort: number
  smtpPort: number
  /** Where gateways send delivery receipts; without it, they send none. */
  receiptsUrl: string | null
}

/** The environment that all processes of a system share, with new secrets. */
export function systemEnv({ redisUrl, simulatorPort, smtpPort, receiptsUrl }: EnvOptions): Env {
  const simulatorUrl = `http://127.0.0.1:${simulatorPort}`
  return {
    PATH: process.env['PATH'] ?? '',
    ...nodeOptions(),
    REDIS_URL: redisUrl,
    LOG_LEVEL: 'debug',
    PHONE_KEY: base64(32),
    CODE_KEYS: `k1:${base64(32)}`,
    TRUST_PROXY: '127.0.0.1',
    API_KEYS: `shop:${hex(32)}`,
    SMS_GATEWAYS: 'ccp',
    ...simulatedSecrets((_name, bytes) => randomBytes(bytes)),
    ...(receiptsUrl !== null && {
      CALLBACK_TOKEN: base64url(18),
      PUBLIC_URL: receiptsUrl,
      API_URL: receiptsUrl,
    }),
    BOARD_USER: 'operator',
    BOARD_PASSWORD: base64url(18),
    BOARD_WRITER_PASSWORD: base64url(18),
    SIMULATOR_PORT: String(simulatorPort),
    SIMULATOR_SMTP_PORT: String(smtpPort),
    SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
    CORS_ORIGINS: simulatorUrl,
  }
}

/** Settings of the policy file. */
export type Settings = { [name: string]: unknown }

/** Returns a function that writes a policy file: the settings of all tests, with others in their place. */
export function policyOf(simulatorUrl: string) {
  const base = {
    gateways: simulatedGateways(simulatorUrl),
    email: { from: 'Codes <codes@shop.example>' },
    // No limit, because a busy machine must not fail the tests.
    overload: { event_loop_max_delay: '0s' },
  }
  return (...own: readonly Settings[]) => policyFile(mergeSettings(base, ...own))
}
