import { randomBytes } from 'node:crypto'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { simulatedGateways } from '@sms-codes/launcher/simulated-vendors'

type Env = Record<string, string>

/** An environment that must not start a process, and the variable or the setting that its fault names. */
type WrongEnvironment = { app: string; names: string; env: Env }

const policy = (settings: object): Env => ({ POLICY_FILE: policyFile(settings) })
const key = () => randomBytes(32).toString('base64')
const one = key()

/** The variables that each process requires. */
export const GOOD: Record<string, Env> = {
  api: { PHONE_KEY: key(), CODE_KEYS: `k1:${key()}` },
  worker: { PHONE_KEY: key(), CODE_KEYS: `k1:${key()}` },
  board: { BOARD_PASSWORD: randomBytes(18).toString('base64url') },
  simulator: {},
}

const of = (app: string, cases: [names: string, env: Env][]) =>
  cases.map(([names, env]): WrongEnvironment => ({ app, names, env }))

const PRODUCTION = { NODE_ENV: 'production' }
const TEST_NUMBER = {
  test_numbers: { numbers: [{ mobile: '+8613800138000', code: '246810', until: '2099-01-01' }] },
}
const ONE_LOCALE = {
  gateways: {
    ccp: { ...simulatedGateways('http://127.0.0.1:1').ccp, messages: [{ template: '1', locales: ['en'] }] },
  },
}

/** A policy with one gateway, whose secrets are missing. */
function gateway(name: keyof ReturnType<typeof simulatedGateways>, settings: object = {}): Env {
  const all = simulatedGateways('http://127.0.0.1:1')
  return policy({ gateways: { [name]: all[name] }, ...settings })
}

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
  ['scenes.login.fallback', policy({ scenes: { default: {}, login: { fallback: 'yes' } } })],
  ['codes.life', policy({ codes: { life: '601s' } })],
  ['SCENES', { SCENES: 'default; login ttl=120' }],
  ['TRACING', { TRACING: 'on' }],
  ['POLICY_FILE', { POLICY_FILE: '/nowhere/policy.yaml' }],
  ['NODE_ENV', { NODE_ENV: 'prod' }],
  ['PHONE_KEY', { PHONE_KEY: Buffer.alloc(32).toString('base64') }],
  ['REDIS_URL', { REDIS_URL: 'redis://127.0.0.1:1/first' }],
  ['REDIS_URL', { REDIS_URL: 'redis://127.0.0.1:1?password=canary-word' }],
  ['HTTPS_PROXY', { HTTPS_PROXY: 'socks5://user:canary-word@proxy:1080' }],
  ['HTTPS_PROXY', { https_proxy: 'http://user:12#canary-word@proxy:3128' }],
]

export const WRONG: readonly WrongEnvironment[] = [
  ...of('api', keys),
  ...of('worker', keys),
  ...of('api', [
    ['codes.length', policy({ codes: { length: 3 } })],
    ['codes.life', policy({ codes: { life: '59s' } })],
    ['codes.life', policy({ codes: { life: 300 } })],
    ['codes.send_within', policy({ codes: { send_within: '290s' } })],
    ['scenes.pay.length', policy({ scenes: { default: {}, pay: { length: 11 } } })],
    ['scenes.pay', policy({ scenes: { default: {}, pay: { life: '100s' } } })],
    ['codes.sends', policy({ codes: { sends: ['0/60s'] } })],
    ['codes.sends', policy({ codes: { sends: ['5/1h', '10/60s'] } })],
    ['budget', PRODUCTION],
    ['budget.messages', { ...PRODUCTION, ...policy({ budget: { messages: ['0/1h'] } }) }],
    ['budget.cents', policy({ budget: { cents: ['1/1h'] } })],
    ['test_numbers', { ...PRODUCTION, ...policy({ budget: { messages: ['9/60s'] }, ...TEST_NUMBER }) }],
    ['countries.CN.locale', policy({ countries: { CN: { locale: 'fr' } } })],
    ['api_keys.shop', policy({ api_keys: { shop: { scopes: ['send'] } } })],
    ['TRUST_PROXY', { TRUST_PROXY: 'true' }],
    ['TRUST_PROXY', { TRUST_PROXY: '1' }],
    ['TRUST_PROXY', { TRUST_PROXY: '0.0.0.0/0' }],
    ['API_PORT', { API_PORT: '70000' }],
    ['API_OPS_PORT', { API_PORT: '3977', API_OPS_PORT: '3977' }],
    ['API_KEYS', { API_KEYS: 'shop:canary-word' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: '*' }],
    ['CALLBACK_TOKEN', { CALLBACK_TOKEN: 'canary-word' }],
    ['lists.deny', policy({ lists: { allow: ['10.9.8.0/24'], deny: ['10.9.8.0/24'] } })],
    ['guard.mode', policy({ guard: { mode: 'challenge' }, step_up: { enabled: false } })],
    ['overload.queue_max_age', policy({ overload: { queue_max_age: '-1s' } })],
    ['queues.shard', policy({ queues: { shard: 2 } })],
    ['DRAIN_MS', { DRAIN_MS: 'canary-word' }],
  ]),
  ...of('worker', [
    ['SMS_GATEWAYS', { SMS_GATEWAYS: 'canary-word' }],
    ['gateways.console', PRODUCTION],
    ['gateways.ccp', { SMS_GATEWAYS: 'ccp', ...policy({ gateways: { ccp: {} } }) }],
    ['CCP_AUTH_TOKEN', gateway('ccp')],
    ['ALIYUN_ACCESS_KEY_SECRET', gateway('aliyun')],
    ['TWILIO_AUTH_TOKEN', gateway('twilio')],
    ['WEBHOOK_SECRETS', { ...gateway('webhook'), WEBHOOK_SECRETS: 'canary-word' }],
    ['CCP_ACCOUNT_SID', { CCP_ACCOUNT_SID: 'aaf98f894d328b13014d6c3d0b8b2f5f' }],
    ['gateways.aliyun', gateway('aliyun', { codes: { length: 8 } })],
    ['gateways.aliyun', gateway('aliyun', { scenes: { default: {}, login: { length: 8 } } })],
    ['gateways.ccp.messages', gateway('ccp', { texts: { 'zh-CN': '{code}', en: '{code}' }, ...ONE_LOCALE })],
    ['email.from', { SMTP_URL: 'smtp://mail.example', ...policy({ email: { from: 'canary-word' } }) }],
    ['routes.0.gateway', policy({ routes: [{ countries: ['CN'], gateway: 'ccp' }] })],
    ['WORKER_CONCURRENCY', { WORKER_CONCURRENCY: '0' }],
    ['WORKER_CONCURRENCY', { WORKER_CONCURRENCY: '1e9' }],
    ['WORKER_CONCURRENCY', { WORKER_CONCURRENCY: 'NaN' }],
    ['gateway_deadline', policy({ gateway_deadline: '10s' })],
    ['email.from', { SMTP_URL: 'smtp://user:canary-word@mail.example', WORKER_QUEUES: 'email' }],
    ['SMTP_URL', policy({ scenes: { default: {}, login: { fallback: true } } })],
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
