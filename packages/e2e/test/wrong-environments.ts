import { randomBytes } from 'node:crypto'

type Env = Record<string, string>

/** An environment that must not start a process, and the beginning of the variable name in its fault. */
type WrongEnvironment = { app: string; names: string; env: Env }

const key = () => randomBytes(32).toString('base64')
const one = key()

/** The variables that each process requires. */
export const GOOD: Record<string, Env> = {
  api: { PHONE_KEY: key(), CODE_KEYS: `k1:${key()}` },
  worker: { PHONE_KEY: key(), CODE_KEYS: `k1:${key()}`, SMS_GATEWAYS: 'console' },
  board: { BOARD_PASSWORD: randomBytes(18).toString('base64url') },
  simulator: {},
}

const of = (app: string, cases: [names: string, env: Env][]) =>
  cases.map(([names, env]): WrongEnvironment => ({ app, names, env }))

const ALIYUN = {
  SMS_GATEWAYS: 'aliyun',
  ALIYUN_ACCESS_KEY_ID: 'LTAI5tExampleKeyId00000',
  ALIYUN_ACCESS_KEY_SECRET: key(),
  ALIYUN_SIGN_NAME: '演示',
  ALIYUN_TEMPLATE_CODE: 'SMS_100000001',
}
const PRODUCTION = { NODE_ENV: 'production' }

/** Wrong values for the API and the worker, which both have keys. */
const keys: [string, Env][] = [
  ['PHONE_KEY', { PHONE_KEY: '' }],
  ['PHONE_KEY', { PHONE_KEY: 'c2hvcnQtYnV0LXNlY3JldA==' }],
  ['PHONE_KEY', { PHONE_KEY: `${one.slice(0, 40)}*!*=` }],
  ['CODE_KEYS', { CODE_KEYS: '' }],
  ['CODE_KEYS', { CODE_KEYS: one }],
  ['CODE_KEYS', { CODE_KEYS: `k1:${key()},k1:${key()}` }],
  ['CODE_KEYS', { CODE_KEYS: `k1:${one},k2:${one}` }],
  ['CODE_KEYS', { CODE_KEYS: `k1:${one}`, PHONE_KEY: one }],
  ['REDIS_URL', { REDIS_URL: 'http://user:canary-word@127.0.0.1:6379' }],
  ['REDIS_URL', { REDIS_URL: 'redis://:canary-word@127.0.0.1:port' }],
  ['SCENES', { SCENES: 'default; login fallback=canary-word' }],
  ['CODE_TTL_SECONDS', { CODE_TTL_SECONDS: '601' }],
  ['TRACING', { TRACING: 'canary-word' }],
  ['NODE_ENV', { NODE_ENV: 'prod' }],
  ['PHONE_KEY', { PHONE_KEY: Buffer.alloc(32).toString('base64') }],
  ['REDIS_URL', { REDIS_URL: 'redis://127.0.0.1:1/first' }],
  ['REDIS_URL', { REDIS_URL: 'redis://127.0.0.1:1?password=canary-word' }],
]

export const WRONG: readonly WrongEnvironment[] = [
  ...of('api', keys),
  ...of('worker', keys),
  ...of('api', [
    ['CODE_LENGTH', { CODE_LENGTH: '4' }],
    ['CODE_TTL_SECONDS', { CODE_TTL_SECONDS: '59' }],
    ['CODE_TTL_SECONDS', { CODE_TTL_SECONDS: '3e2' }],
    ['SEND_WITHIN_SECONDS', { SEND_WITHIN_SECONDS: '290' }],
    ['SCENES', { SCENES: 'default; pay length=4' }],
    ['SCENES', { SCENES: 'default; pay ttl=100' }],
    ['LIMIT_PHONE_SENDS', { LIMIT_PHONE_SENDS: '0/60' }],
    ['LIMIT_PHONE_SENDS', { LIMIT_PHONE_SENDS: 'canary-word' }],
    ['BUDGET_MESSAGES', PRODUCTION],
    ['BUDGET_MESSAGES', { ...PRODUCTION, BUDGET_MESSAGES: '0/3600' }],
    ['BUDGET_CENTS', { BUDGET_CENTS: '1/3600' }],
    [
      'TEST_NUMBERS',
      { ...PRODUCTION, BUDGET_MESSAGES: '9/60', TEST_NUMBERS: '13800138000:246810:2099-01-01' },
    ],
    ['TRUST_PROXY', { TRUST_PROXY: 'true' }],
    ['TRUST_PROXY', { TRUST_PROXY: '1' }],
    ['TRUST_PROXY', { TRUST_PROXY: '0.0.0.0/0' }],
    ['API_PORT', { API_PORT: '70000' }],
    ['API_OPS_PORT', { API_PORT: '3977', API_OPS_PORT: '3977' }],
    ['API_KEYS', { API_KEYS: 'shop:canary-word' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: '*' }],
    ['CALLBACK_TOKEN', { CALLBACK_TOKEN: 'canary-word' }],
    ['DENY_LIST', { ALLOW_LIST: '10.9.8.0/24', DENY_LIST: '10.9.8.0/24' }],
    ['GUARD_MODE', { GUARD_MODE: 'challenge', STEP_UP: 'off' }],
    ['QUEUE_MAX_AGE_SECONDS', { QUEUE_MAX_AGE_SECONDS: '-1' }],
    ['DRAIN_MS', { DRAIN_MS: 'canary-word' }],
  ]),
  ...of('worker', [
    ['SMS_GATEWAYS', { SMS_GATEWAYS: '' }],
    ['SMS_GATEWAYS', { SMS_GATEWAYS: 'canary-word' }],
    ['SMS_GATEWAYS', PRODUCTION],
    ['CCP_', { SMS_GATEWAYS: 'ccp' }],
    ['ALIYUN_', { SMS_GATEWAYS: 'aliyun' }],
    ['TWILIO_', { SMS_GATEWAYS: 'twilio' }],
    [
      'WEBHOOK_',
      { SMS_GATEWAYS: 'webhook', WEBHOOK_URL: 'https://sms.example/', WEBHOOK_SECRETS: 'canary-word' },
    ],
    ['CODE_LENGTH', { ...ALIYUN, CODE_LENGTH: '8' }],
    ['SCENES', { ...ALIYUN, SCENES: 'default; login length=8' }],
    ['MAIL_FROM', { SMTP_URL: 'smtp://mail.example', MAIL_FROM: 'canary-word' }],
    ['SMS_WEIGHTS', { SMS_WEIGHTS: 'ccp:2' }],
    ['WORKER_CONCURRENCY', { WORKER_CONCURRENCY: '0' }],
    ['WORKER_CONCURRENCY', { WORKER_CONCURRENCY: '1e9' }],
    ['WORKER_CONCURRENCY', { WORKER_CONCURRENCY: 'NaN' }],
    ['GATEWAY_DEADLINE_MS', { GATEWAY_DEADLINE_MS: '10000' }],
    ['MAIL_FROM', { SMTP_URL: 'smtp://user:canary-word@mail.example' }],
    ['SMTP_URL', { SCENES: 'default; login fallback=yes' }],
    ['EVENTS_SECRETS', { EVENTS_URL: 'https://shop.example/canary-word' }],
    ['WORKER_QUEUES', { WORKER_QUEUES: 'canary-word' }],
  ]),
  ...of('board', [
    ['BOARD_PASSWORD', { BOARD_PASSWORD: '' }],
    ['BOARD_PASSWORD', { BOARD_PASSWORD: 'canary-word' }],
    ['BOARD_PORT', { BOARD_PORT: 'canary-word' }],
    ['REDIS_URL', { REDIS_URL: 'canary-word' }],
  ]),
  ...of('simulator', [
    ['SIMULATOR_PORT', { SIMULATOR_PORT: 'canary-word' }],
    ['SIMULATOR_SMTP_PORT', { SIMULATOR_SMTP_PORT: '70000' }],
  ]),
]
