import { Type } from '@sinclair/typebox'
import {
  checkKeys,
  checkUrl,
  keyringOptions,
  loadConfig,
  shared,
  type Check,
  type Env,
} from '@sms-codes/core/config'

const GATEWAYS = ['ccp', 'console'] as const
export type GatewayName = (typeof GATEWAYS)[number]

/** The environment of a worker process. A gateway's own variables are needed only when it is listed. */
export const WorkerEnv = Type.Object({
  WORKER_OPS_PORT: shared.port(9101, 'port of /livez, /readyz and /metrics; 0 for any free one'),
  HOST: shared.HOST,
  LOG_LEVEL: shared.LOG_LEVEL,
  REDIS_URL: shared.REDIS_URL,
  PHONE_KEY: shared.PHONE_KEY,
  CODE_KEYS: shared.CODE_KEYS,
  SMS_GATEWAYS: Type.String({
    pattern: `^(${GATEWAYS.join('|')})(,(${GATEWAYS.join('|')}))*$`,
    description: `comma list in order of priority, of: ${GATEWAYS.join(', ')}`,
  }),
  WORKER_CONCURRENCY: Type.Integer({
    minimum: 1,
    maximum: 1_000,
    default: 50,
    description: 'messages under way at once',
  }),
  GATEWAY_DEADLINE_MS: Type.Integer({
    minimum: 1_000,
    maximum: 8_000,
    default: 5_000,
    description: 'longest that one call to a gateway may take',
  }),
  WEB_OTP_DOMAIN: Type.Optional(
    Type.String({
      pattern: '^[a-z0-9-]+(\\.[a-z0-9-]+)+$',
      description: 'domain of your page, for browsers that fill in codes; gateways with free text only',
    }),
  ),
  CCP_BASE_URL: Type.String({
    default: 'https://app.cloopen.com:8883',
    pattern: '^https?://[^\\s]+$',
    description: 'address of the CCP (Yuntongxun) API',
  }),
  CCP_ACCOUNT_SID: Type.Optional(
    Type.String({ pattern: '^[0-9A-Za-z]{8,64}$', description: 'CCP account sid' }),
  ),
  CCP_AUTH_TOKEN: Type.Optional(Type.String({ minLength: 16, description: 'secret: CCP auth token' })),
  CCP_APP_ID: Type.Optional(
    Type.String({ pattern: '^[0-9A-Za-z]{8,64}$', description: 'CCP application id' }),
  ),
  CCP_TEMPLATE_ID: Type.Optional(
    Type.String({
      pattern: '^[0-9]{1,12}$',
      description: 'CCP template with {1} the code and {2} the minutes',
    }),
  ),
})

const LOOPBACK = /^(127\.[0-9.]+|localhost|\[::1\])$/
// A name without a dot is one that a container network knows and the public DNS does not.
const CONTAINER = /^[a-z][a-z0-9-]*$/

const checkGateways: Check = (env) => {
  const listed = (env['SMS_GATEWAYS'] ?? '').split(',')
  const faults: string[] = []
  if (new Set(listed).size < listed.length) faults.push('SMS_GATEWAYS: a gateway is listed twice')
  if (listed.includes('ccp')) {
    const needs = ['CCP_ACCOUNT_SID', 'CCP_AUTH_TOKEN', 'CCP_APP_ID', 'CCP_TEMPLATE_ID']
    for (const name of needs) if (!env[name]) faults.push(`${name}: is missing (SMS_GATEWAYS lists ccp)`)
    const url = env['CCP_BASE_URL'] ?? ''
    const hostname = URL.canParse(url) ? new URL(url).hostname : ''
    const loopback = LOOPBACK.test(hostname)
    const near = loopback || (CONTAINER.test(hostname) && env['NODE_ENV'] !== 'production')
    if (url.startsWith('http:') && !near) faults.push('CCP_BASE_URL: must be https, messages hold codes')
    if (loopback && env['NODE_ENV'] === 'production')
      faults.push('CCP_BASE_URL: a simulator has no place in production')
  }
  if (listed.includes('console') && env['NODE_ENV'] === 'production')
    faults.push('SMS_GATEWAYS: console prints codes and has no place in production')
  return faults
}

/** @throws ConfigError */
export function loadWorkerConfig(env: Env) {
  const values = loadConfig(WorkerEnv, env, [
    checkKeys,
    checkUrl('REDIS_URL'),
    checkUrl('CCP_BASE_URL'),
    checkGateways,
  ])
  return {
    host: values.HOST,
    opsPort: values.WORKER_OPS_PORT,
    logLevel: values.LOG_LEVEL,
    redisUrl: values.REDIS_URL,
    keyring: keyringOptions(values),
    concurrency: values.WORKER_CONCURRENCY,
    gatewayDeadlineMs: values.GATEWAY_DEADLINE_MS,
    gateways: values.SMS_GATEWAYS.split(','),
    webOtpDomain: values.WEB_OTP_DOMAIN,
    ccp: {
      baseUrl: values.CCP_BASE_URL,
      accountSid: values.CCP_ACCOUNT_SID ?? '',
      authToken: values.CCP_AUTH_TOKEN ?? '',
      appId: values.CCP_APP_ID ?? '',
      templateId: values.CCP_TEMPLATE_ID ?? '',
    },
  }
}
export type WorkerConfig = ReturnType<typeof loadWorkerConfig>
