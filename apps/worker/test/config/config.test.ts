import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '@sms-codes/core/config/load'
import { ccpQuota } from '@sms-codes/gateways/ccp/settings'
import { loadWorkerConfig } from '../../src/config/config.ts'

const key = () => randomBytes(32).toString('base64')
const good = {
  PHONE_KEY: key(),
  CODE_KEYS: `k1:${key()}`,
  SMS_GATEWAYS: 'ccp',
  CCP_ACCOUNT_SID: 'a'.repeat(32),
  CCP_AUTH_TOKEN: 'b'.repeat(32),
  CCP_APP_ID: 'c'.repeat(32),
  CCP_TEMPLATE_ID: '5001',
}

/** The accounts of other vendors. */
const complete = {
  ...good,
  ALIYUN_ACCESS_KEY_ID: 'a'.repeat(32),
  ALIYUN_ACCESS_KEY_SECRET: 'b'.repeat(32),
  ALIYUN_SIGN_NAME: '演示',
  ALIYUN_TEMPLATE_CODE: 'SMS_1',
  TENCENT_SECRET_ID: 'a'.repeat(32),
  TENCENT_SECRET_KEY: 'b'.repeat(32),
  TENCENT_SDK_APP_ID: '1400000001',
  TENCENT_SIGN_NAME: '演示',
  TENCENT_TEMPLATE_ID: '5001',
}

function linesOf(env: Record<string, string>): readonly string[] {
  try {
    loadWorkerConfig(env)
    return []
  } catch (err) {
    if (err instanceof ConfigError) return err.faults
    throw err
  }
}
const faultsOf = (env: Record<string, string>) => linesOf(env).map((fault) => fault.split(':')[0] ?? '')

describe('the configuration of a worker', () => {
  it('is complete with keys, a gateway and what that gateway needs', () => {
    expect(loadWorkerConfig(good)).toMatchObject({
      gateways: [{ name: 'ccp', quota: ccpQuota }],
      concurrency: 50,
    })
  })

  it('names all missing variables of a listed gateway', () => {
    const { PHONE_KEY, CODE_KEYS } = good
    expect(faultsOf({ PHONE_KEY, CODE_KEYS, SMS_GATEWAYS: 'ccp' })).toEqual([
      'CCP_ACCOUNT_SID',
      'CCP_AUTH_TOKEN',
      'CCP_APP_ID',
      'CCP_TEMPLATE_ID',
    ])
    expect(faultsOf({ PHONE_KEY, CODE_KEYS, SMS_GATEWAYS: 'console' })).toEqual([])
  })

  it('needs no secrets of a vendor if it only sends e-mail', () => {
    const { PHONE_KEY, CODE_KEYS } = good
    const server = { SMTP_URL: 'smtp://mail.example', MAIL_FROM: 'codes@shop.example' }
    const mail = { PHONE_KEY, CODE_KEYS, ...server, SMS_GATEWAYS: 'ccp,twilio', WORKER_QUEUES: 'email' }
    expect(faultsOf(mail)).toEqual([])
    expect(faultsOf({ ...mail, WORKER_QUEUES: 'sms,email' }).length).toBeGreaterThan(5)
  })

  it('is a fault if the worker would take no job of a queue that it is to process', () => {
    const { PHONE_KEY, CODE_KEYS } = good
    const only = (WORKER_QUEUES: string, more = {}) =>
      faultsOf({ PHONE_KEY, CODE_KEYS, SMS_GATEWAYS: 'ccp', WORKER_QUEUES, ...more })
    expect(only('email')).toEqual(['SMTP_URL', 'MAIL_FROM'])
    expect(
      only('email,events', { EVENTS_URL: 'https://a.example', EVENTS_SECRETS: `whsec_${key()}` }),
    ).toEqual(['SMTP_URL', 'MAIL_FROM'])
    expect(only('events')).toEqual(['EVENTS_URL'])
    // By default a worker processes all queues, and codes need not fall back to e-mail.
    expect(faultsOf(good)).toEqual([])
  })

  it('names the scenes whose codes do not live as long as the template of Aliyun says', () => {
    const aliyun = {
      ...good,
      SMS_GATEWAYS: 'aliyun',
      ALIYUN_ACCESS_KEY_ID: 'LTAI0123456789',
      ALIYUN_ACCESS_KEY_SECRET: 'x'.repeat(30),
      ALIYUN_SIGN_NAME: '演示',
      ALIYUN_TEMPLATE_CODE: 'SMS_1',
    }
    expect(faultsOf(aliyun)).toEqual([])
    // One for each scene that SCENES has if it is not set.
    expect(faultsOf({ ...aliyun, CODE_TTL_SECONDS: '120' })).toEqual(Array(4).fill('ALIYUN_TEMPLATE_MINUTES'))
    expect(faultsOf({ ...aliyun, ALIYUN_TEMPLATES: 'login:SMS_2:2' })).toEqual(['ALIYUN_TEMPLATE_MINUTES'])
    const scenes = { SCENES: 'default; login ttl=120' }
    expect(faultsOf({ ...aliyun, ...scenes })).toEqual(['ALIYUN_TEMPLATE_MINUTES'])
    expect(faultsOf({ ...aliyun, ...scenes, ALIYUN_TEMPLATES: 'login:SMS_2:2' })).toEqual([])
  })

  describe.each([
    ['aliyun', 6],
    ['tencent', 6],
  ])('codes for %s', (gateway, most) => {
    const others = { ...complete, SMS_GATEWAYS: `ccp,${gateway}` }
    const faults = (env: Record<string, string>) => linesOf({ ...others, ...env })

    it(`have at most ${most} digits in every scene, and a fault names the variable, the scene and the gateway`, () => {
      expect(faults({ CODE_LENGTH: String(most) })).toEqual([])
      expect(faults({ CODE_LENGTH: '8', SCENES: 'default; login length=6; pay' })).toEqual([
        expect.stringMatching(
          `^CODE_LENGTH: codes of scene default have 8 digits, but ${gateway} accepts at most ${most};`,
        ),
        expect.stringMatching(/^CODE_LENGTH: codes of scene pay /),
      ])
      expect(faults({ SCENES: 'default; login length=7' })).toEqual([
        expect.stringMatching(`^SCENES: codes of scene login have 7 digits, but ${gateway} accepts`),
      ])
    })

    it('have any length if the gateway is not listed', () => {
      expect(faults({ SMS_GATEWAYS: 'ccp', CODE_LENGTH: '10' })).toEqual([])
    })
  })

  it.each([
    ['codes@example.com', { name: '', address: 'codes@example.com' }],
    ['ACME (China) <codes@example.com>', { name: 'ACME (China)', address: 'codes@example.com' }],
    ['"Shop: codes" <codes@example.com>', { name: 'Shop: codes', address: 'codes@example.com' }],
  ])('reads the sender %s', (MAIL_FROM, from) => {
    const config = loadWorkerConfig({ ...good, SMTP_URL: 'smtp://mail.example', MAIL_FROM })
    expect(config.mail?.from).toEqual(from)
  })

  it.each([
    'Shop',
    '<codes@example.com>',
    'Shop <codes>',
    'Shop codes@example.com',
    'Shop <a@b> <c@d>',
    'a@b.example, c@d.example',
    'Shop <a@b.example>, c@d.example',
    'Shop <a b@example.com>',
    'Shop <a..b@example.com>',
    'Shop <a@-b.example>',
    'Shop <a@例子.example>',
    'Shop\nX-Header: y <a@b.example>',
    `${'x'.repeat(65)} <a@b.example>`,
  ])('refuses the sender %j', (MAIL_FROM) => {
    expect(linesOf({ ...good, SMTP_URL: 'smtp://mail.example', MAIL_FROM })).toEqual([
      'MAIL_FROM: must be an address such as codes@example.com, or Name <codes@example.com>',
    ])
  })

  it.each([
    [
      'aliyun',
      ['ALIYUN_ACCESS_KEY_ID', 'ALIYUN_ACCESS_KEY_SECRET', 'ALIYUN_SIGN_NAME', 'ALIYUN_TEMPLATE_CODE'],
    ],
    [
      'tencent',
      [
        'TENCENT_SECRET_ID',
        'TENCENT_SECRET_KEY',
        'TENCENT_SDK_APP_ID',
        'TENCENT_SIGN_NAME',
        'TENCENT_TEMPLATE_ID',
      ],
    ],
    ['twilio', ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM']],
    ['webhook', ['WEBHOOK_URL', 'WEBHOOK_SECRETS']],
  ])('names all that %s lacks', (gateway, lacking) => {
    const { PHONE_KEY, CODE_KEYS } = good
    expect(faultsOf({ PHONE_KEY, CODE_KEYS, SMS_GATEWAYS: gateway })).toEqual(lacking)
  })

  it.each([
    ['no gateway', { SMS_GATEWAYS: '' }, 'SMS_GATEWAYS'],
    ['an unknown gateway', { SMS_GATEWAYS: 'ccp,pigeon' }, 'SMS_GATEWAYS'],
    ['a gateway twice', { SMS_GATEWAYS: 'ccp,ccp' }, 'SMS_GATEWAYS'],
    ['codes over plain http', { CCP_BASE_URL: 'http://gateway.example' }, 'CCP_BASE_URL'],
    [
      'a loopback address in the login of another host',
      { CCP_BASE_URL: 'http://127.0.0.1:x@gateway.example' },
      'CCP_BASE_URL',
    ],
    [
      'a simulator in production',
      { NODE_ENV: 'production', CCP_BASE_URL: 'http://127.0.0.1:3002' },
      'CCP_BASE_URL',
    ],
    [
      'a container in production',
      { NODE_ENV: 'production', CCP_BASE_URL: 'http://simulator:3002' },
      'CCP_BASE_URL',
    ],
    ['the console in production', { NODE_ENV: 'production', SMS_GATEWAYS: 'console' }, 'SMS_GATEWAYS'],
    ['an address that cannot be parsed', { CCP_BASE_URL: 'https://u:secret@[' }, 'CCP_BASE_URL'],
    ['no concurrency', { WORKER_CONCURRENCY: '0' }, 'WORKER_CONCURRENCY'],
    ['a shard without concurrency', { WORKER_CONCURRENCY: '3', QUEUE_SHARDS: '4' }, 'WORKER_CONCURRENCY'],
    ['more shards than are allowed', { QUEUE_SHARDS: '17' }, 'QUEUE_SHARDS'],
    ['a mail server without a sender', { SMTP_URL: 'smtp://mail.example' }, 'MAIL_FROM'],
    [
      'a sender with a line break',
      { SMTP_URL: 'smtp://mail.example', MAIL_FROM: 'a@b\r\nBcc: c@d' },
      'MAIL_FROM',
    ],
    [
      'a scene that waits for delivery receipts without a callback token',
      {
        SCENES: 'default fallback=yes receipt_within=9',
        SMTP_URL: 'smtp://mail.example',
        MAIL_FROM: 'a@b.example',
      },
      'CALLBACK_TOKEN',
    ],
    ['a weight for a gateway that is not listed', { SMS_WEIGHTS: 'aliyun:1' }, 'SMS_WEIGHTS'],
    ['a route to a gateway that is not listed', { SMS_ROUTES: '170:twilio' }, 'SMS_ROUTES'],
    ['a route with a segment of two digits', { SMS_ROUTES: '17:ccp' }, 'SMS_ROUTES'],
    ['a rate of 0 messages', { SMS_RATES: 'ccp:0' }, 'SMS_RATES'],
    ['events without a secret that signs them', { EVENTS_URL: 'https://shop.example' }, 'EVENTS_SECRETS'],
    [
      'a mail server in production without TLS',
      {
        NODE_ENV: 'production',
        SMTP_URL: 'smtp://mail.example?tls.rejectUnauthorized=false',
        MAIL_FROM: 'a@b.example',
      },
      'SMTP_URL',
    ],
    [
      'a mail server in production that may do without TLS',
      {
        NODE_ENV: 'production',
        SMTP_URL: 'smtp://mail.example?requireTLS=false',
        MAIL_FROM: 'a@b.example',
      },
      'SMTP_URL',
    ],
    ['two templates for one scene', { CCP_TEMPLATES: 'login:1,login:2' }, 'CCP_TEMPLATES'],
    ['a template that is no number', { CCP_TEMPLATES: 'login:abc' }, 'CCP_TEMPLATES'],
    ['the test template in production', { NODE_ENV: 'production', CCP_TEMPLATE_ID: '1' }, 'CCP_TEMPLATE_ID'],
    ['a setting of a scene twice', { SCENES: 'default ttl=60 ttl=120' }, 'SCENES'],
    [
      'a signature with its brackets',
      { ...complete, SMS_GATEWAYS: 'aliyun', ALIYUN_SIGN_NAME: '【演示】' },
      'ALIYUN_SIGN_NAME',
    ],
    ['a template for an unknown scene', { CCP_TEMPLATES: 'logn:5' }, 'CCP_TEMPLATES'],
    ['two weights for one gateway', { SMS_WEIGHTS: 'ccp:1,ccp:2' }, 'SMS_WEIGHTS'],
    ['two routes for one segment', { SMS_ROUTES: '170:ccp,170:ccp' }, 'SMS_ROUTES'],
    ['a queue twice', { WORKER_QUEUES: 'sms,sms' }, 'WORKER_QUEUES'],
    [
      'a secret that is too long',
      { EVENTS_URL: 'https://shop.example', EVENTS_SECRETS: `whsec_${'A'.repeat(88)}` },
      'EVENTS_SECRETS',
    ],
    ['an unknown queue', { WORKER_QUEUES: 'sms,fax' }, 'WORKER_QUEUES'],
    ['a token that can be guessed', { CALLBACK_TOKEN: 'short' }, 'CALLBACK_TOKEN'],
    ['too long a deadline', { GATEWAY_DEADLINE_MS: '9000' }, 'GATEWAY_DEADLINE_MS'],
  ])('refuses %s', (_what, env, name) => {
    expect(new Set(faultsOf({ ...good, ...env }))).toEqual(new Set([name]))
  })

  it('allows plain http to a webhook and an application on the same machine in production, and nowhere else', () => {
    const { PHONE_KEY, CODE_KEYS } = good
    const secret = `whsec_${'A'.repeat(43)}=`
    const at = (url: string) => ({
      PHONE_KEY,
      CODE_KEYS,
      NODE_ENV: 'production',
      SMS_GATEWAYS: 'webhook',
      WEBHOOK_URL: url,
      WEBHOOK_SECRETS: secret,
      EVENTS_URL: url,
      EVENTS_SECRETS: secret,
    })
    expect(faultsOf(at('http://127.0.0.1:9999/sms'))).toEqual([])
    expect(faultsOf(at('https://shop.example/sms'))).toEqual([])
    expect(faultsOf(at('http://shop.example/sms'))).toEqual(['WEBHOOK_URL', 'EVENTS_URL'])
  })

  it('names a missing mail server and a missing sender at once', () => {
    expect(faultsOf({ ...good, SCENES: 'default; login fallback=yes' })).toEqual(['SMTP_URL', 'MAIL_FROM'])
  })

  it.each([
    'http://127.0.0.1:3002',
    'http://localhost:1',
    'http://simulator:3002',
    'https://app.cloopen.com:8883',
  ])('accepts %s as the address of a gateway', (url) => {
    expect(faultsOf({ ...good, CCP_BASE_URL: url })).toEqual([])
  })
})
