import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '@sms-codes/core/config/load'
import { developmentEnv } from '@sms-codes/launcher/dev-env'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { ccpQuota } from '@sms-codes/gateways/ccp/gateway'
import { loadWorkerConfig } from '../../src/config/config.ts'

const key = () => randomBytes(32).toString('base64')
const keys = { PHONE_KEY: key(), CODE_KEYS: `k1:${key()}` }
const secrets = {
  CCP_AUTH_TOKEN: 'b'.repeat(32),
  ALIYUN_ACCESS_KEY_ID: 'a'.repeat(32),
  ALIYUN_ACCESS_KEY_SECRET: 'b'.repeat(32),
  TENCENT_SECRET_ID: 'a'.repeat(32),
  TENCENT_SECRET_KEY: 'b'.repeat(32),
  TWILIO_AUTH_TOKEN: 'b'.repeat(32),
  WEBHOOK_SECRETS: `whsec_${'A'.repeat(43)}=`,
}
const ccp = { account: 'a'.repeat(32), app: 'c'.repeat(32), messages: [{ template: '5001' }] }
const aliyun = { messages: [{ template: 'SMS_1', sign_name: '演示', minutes: 5 }] }
const tencent = { app: '1400000001', messages: [{ template: '5001', sign_name: '演示' }] }
const twilio = { account: `AC${'0'.repeat(32)}`, messages: [{ sender: '+15005550006' }] }
const webhook = { base_url: 'https://shop.example/sms' }
const smtp = { SMTP_URL: 'smtp://mail.example' }
const from = { email: { from: 'codes@shop.example' } }

type Env = Record<string, string>
const envOf = (policy: object, env: Env = {}) => ({
  ...keys,
  ...secrets,
  POLICY_FILE: policyFile({ gateways: { ccp }, ...policy }),
  ...env,
})

function linesOf(policy: object, env: Env = {}): readonly string[] {
  try {
    loadWorkerConfig(envOf(policy, env))
    return []
  } catch (err) {
    if (err instanceof ConfigError) return err.faults
    throw err
  }
}
/** The variables and the settings that have faults. */
const faultsOf = (policy: object, env: Env = {}) =>
  linesOf(policy, env).map((line) => /^(?:\/\S+:\d+ )?([\w.]+): /.exec(line)?.[1] ?? line)

describe('the configuration of a worker', () => {
  it('is complete with keys, a gateway and what that gateway needs', () => {
    expect(loadWorkerConfig(envOf({}))).toMatchObject({
      gateways: [{ name: 'ccp', quota: ccpQuota, weight: 0, rate: undefined }],
      concurrency: 50,
      gatewayDeadlineMs: 5_000,
      fallbackAfterMs: 8_000,
    })
  })

  it.each(['README.md', 'README.zh-CN.md'])(
    'is complete in `npm start` with the policy and the keys of %s',
    (page) => {
      const text = readFileSync(join(import.meta.dirname, '../../../..', page), 'utf8')
      const [, policy = ''] = /^```yaml\n([^]*?)^```$/m.exec(text) ?? []
      const dataDir = mkdtempSync(join(tmpdir(), 'sms-codes-readme-'))
      const commands = [...text.matchAll(/`((?:PHONE_KEY|CODE_KEYS)=\$?[^`]*)`/g)].map(([, line]) => line)
      const print = 'printf "%s\n" "$PHONE_KEY" "$CODE_KEYS"'
      const printed = execFileSync('bash', ['-c', [...commands, print].join('\n')], { encoding: 'utf8' })
      const [PHONE_KEY, CODE_KEYS] = printed.split('\n')
      const given = { POLICY_FILE: policyFile(policy), PHONE_KEY, CODE_KEYS }
      const env = developmentEnv(given, dataDir, join(dataDir, '.env'))
      expect(env).toMatchObject(given)
      expect(loadWorkerConfig(env).gateways.map(({ name }) => name)).toEqual(['aliyun', 'twilio'])
      rmSync(dataDir, { recursive: true })
    },
  )

  it('is complete with the keys alone, and then prints the messages', () => {
    expect(loadWorkerConfig(keys).gateways.map(({ name }) => name)).toEqual(['console'])
  })

  it('has the gateways in the order of the policy, with their own values', () => {
    const own = { ...ccp, weight: 3, rate: 50, quota: ['2/60s'] }
    const gateways = { webhook, shop: { ...aliyun, vendor: 'aliyun', quota: [] }, ccp: own }
    const routes = [{ segments: ['+86170'], gateway: 'shop' }]
    const config = loadWorkerConfig(envOf({ gateways, routes, gateway_deadline: '2s' }))
    expect(config.gateways).toMatchObject([
      { name: 'webhook' },
      { name: 'shop', quota: [] },
      { name: 'ccp', weight: 3, rate: 50, quota: [{ most: 2, seconds: 60 }] },
    ])
    expect(config).toMatchObject({ routes, gatewayDeadlineMs: 2_000 })
  })

  it('uses the gateways that SMS_GATEWAYS lists, in that order, and needs nothing for the others', () => {
    const gateways = { ccp, aliyun, tencent }
    const env = { SMS_GATEWAYS: 'tencent, ccp', ALIYUN_ACCESS_KEY_ID: '', ALIYUN_ACCESS_KEY_SECRET: '' }
    const config = loadWorkerConfig(envOf({ gateways }, env))
    expect(config.gateways.map(({ name }) => name)).toEqual(['tencent', 'ccp'])
    expect(faultsOf({ gateways }, { ...env, SMS_GATEWAYS: '' })).toEqual([
      'ALIYUN_ACCESS_KEY_ID',
      'ALIYUN_ACCESS_KEY_SECRET',
    ])
  })

  it('may list the console, which needs no entry, but no other gateway without an entry', () => {
    expect(faultsOf({}, { SMS_GATEWAYS: 'console' })).toEqual([])
    for (const name of ['aliyun', 'pigeon', 'constructor', '__proto__'])
      expect(linesOf({}, { SMS_GATEWAYS: `ccp,${name}` })).toEqual([
        'SMS_GATEWAYS: entry 2 is not a gateway of the policy (its gateways: ccp)',
      ])
  })

  it('names all that a gateway lacks, in the file and in the environment', () => {
    expect(faultsOf({ gateways: { ccp: {} } }, { CCP_AUTH_TOKEN: '' })).toEqual([
      'CCP_AUTH_TOKEN',
      'gateways.ccp.account',
      'gateways.ccp.app',
      'gateways.ccp.messages',
    ])
  })

  it('names the line and the scene, country and locale for which words are missing', () => {
    const file = policyFile(
      [
        'scenes: { default: {}, login: {} }',
        'texts: { zh-CN: "{code}", en: "{code}" }',
        'gateways:',
        '  ccp:',
      ].join('\n') +
        `\n    account: ${ccp.account}\n    app: ${ccp.app}\n    messages:\n      - { locales: [en], template: '1' }\n`,
    )
    expect(linesOf({}, { POLICY_FILE: file })).toEqual([
      `${file}:7 gateways.ccp.messages: lacks template for scene default, country CN, locale zh-CN, and for 1 more`,
    ])
  })

  it('needs no secrets of a vendor if it only sends e-mail', () => {
    const lacking = { ...smtp, CCP_AUTH_TOKEN: '' }
    expect(faultsOf(from, { ...lacking, WORKER_QUEUES: 'email' })).toEqual([])
    expect(faultsOf(from, { ...lacking, WORKER_QUEUES: 'sms,email' })).toEqual(['CCP_AUTH_TOKEN'])
  })

  it('is a fault if the worker would take no job of a queue that it is to process', () => {
    const only = (WORKER_QUEUES: string, more = {}) => faultsOf({}, { WORKER_QUEUES, ...more })
    expect(only('email')).toEqual(['SMTP_URL', 'email.from'])
    const events = { EVENTS_URL: 'https://a.example', EVENTS_SECRETS: `whsec_${key()}` }
    expect(only('email,events', events)).toEqual(['SMTP_URL', 'email.from'])
    expect(only('events')).toEqual(['EVENTS_URL'])
    // By default a worker processes all queues, and codes need not fall back to e-mail.
    expect(faultsOf({})).toEqual([])
    expect(faultsOf({}, smtp)).toEqual([])
  })

  it('names the scenes whose codes do not live as long as the template of Aliyun says', () => {
    const gateways = { aliyun }
    const [general] = aliyun.messages
    expect(faultsOf({ gateways })).toEqual([])
    expect(linesOf({ gateways, codes: { life: '3m' } })).toEqual([
      expect.stringMatching(
        /minutes: must be 3, the life of the code, for scene default, country CN, locale zh-CN, and for 11 more$/,
      ),
    ])
    expect(linesOf({ gateways, codes: { life: '150s' } })).toEqual([
      expect.stringMatching(/minutes: cannot be the life of the code, 150 s; give the scene a life of whole/),
    ])
    const scenes = { default: {}, login: { life: '2m', send_within: '1m' } }
    expect(new Set(faultsOf({ gateways, scenes }))).toEqual(new Set(['gateways.aliyun.messages.0.minutes']))
    const messages = [{ ...general, scenes: ['login'], template: 'SMS_2', minutes: 2 }, general]
    expect(faultsOf({ gateways: { aliyun: { messages } }, scenes })).toEqual([])
  })

  describe.each(Object.entries({ aliyun, tencent }))('codes for %s', (gateway, entry) => {
    const gateways = { ccp, [gateway]: entry }

    it('have at most 6 digits in every scene, and a fault names the scene and the gateway', () => {
      expect(faultsOf({ gateways })).toEqual([])
      const scenes = { default: {}, login: { length: 6 }, pay: {} }
      const lines = linesOf({ gateways, scenes, codes: { length: 8 } })
      expect(lines.map((line) => line.slice(line.indexOf(' ') + 1))).toEqual(
        ['default', 'pay'].map(
          (scene) =>
            `gateways.${gateway}: serves the scene ${scene}, whose codes have 8 digits, but ${gateway} takes at most 6`,
        ),
      )
    })

    it('have any length if the gateway is not used', () => {
      expect(faultsOf({ codes: { length: 10 } })).toEqual([])
      expect(faultsOf({ gateways, codes: { length: 10 } }, { SMS_GATEWAYS: 'ccp' })).toEqual([])
    })
  })

  it.each([
    ['codes@example.com', { name: '', address: 'codes@example.com' }],
    ['ACME (China) <codes@example.com>', { name: 'ACME (China)', address: 'codes@example.com' }],
    ['"Shop: codes" <codes@example.com>', { name: 'Shop: codes', address: 'codes@example.com' }],
  ])('reads the sender %s', (sender, parts) => {
    expect(loadWorkerConfig(envOf({ email: { from: sender } }, smtp)).mail?.from).toEqual(parts)
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
    'a@b\r\nBcc: c@d',
    `${'x'.repeat(65)} <a@b.example>`,
  ])('refuses the sender %j', (sender) => {
    expect(linesOf({ email: { from: sender } }, smtp)).toEqual([
      expect.stringMatching(/ email\.from: must be an address such as codes@example\.com, or Name </),
    ])
  })

  const production = { NODE_ENV: 'production' }
  const fallback = { scenes: { default: { fallback: true, receipt_within: '9s' } } }
  const ccpAt = (base_url: string) => ({ gateways: { ccp: { ...ccp, base_url } } })
  it.each<[string, object, Env, string]>([
    ['a gateway twice', {}, { SMS_GATEWAYS: 'ccp,ccp' }, 'SMS_GATEWAYS'],
    ['codes over plain http', ccpAt('http://gateway.example'), {}, 'gateways.ccp.base_url'],
    [
      'a loopback address in the login of another host',
      ccpAt('http://127.0.0.1:x@gateway.example'),
      {},
      'gateways.ccp.base_url',
    ],
    ['a simulator in production', ccpAt('http://127.0.0.1:3002'), production, 'gateways.ccp.base_url'],
    ['a container in production', ccpAt('http://simulator:3002'), production, 'gateways.ccp.base_url'],
    ['an address that cannot be parsed', ccpAt('https://u:secret@['), {}, 'gateways.ccp.base_url'],
    ['the console in production', { gateways: { console: {} } }, production, 'gateways.console'],
    [
      'a gateway with the name of the e-mail channel',
      { gateways: { ccp, email: { vendor: 'console' } } },
      {},
      'gateways.email',
    ],
    ['a vendor that does not exist', { gateways: { ccp, mine: {} } }, {}, 'gateways.mine.vendor'],
    [
      'a country that no gateway serves',
      { countries: { CN: { locale: 'en' }, HK: { locale: 'en' } } },
      {},
      'countries.HK',
    ],
    [
      'a country that only a gateway which is left out serves',
      { countries: { CN: { locale: 'en' }, HK: { locale: 'en' } }, gateways: { ccp, twilio } },
      { SMS_GATEWAYS: 'ccp' },
      'countries.HK',
    ],
    ['no concurrency', {}, { WORKER_CONCURRENCY: '0' }, 'WORKER_CONCURRENCY'],
    [
      'a shard without concurrency',
      { queues: { shards: 4 } },
      { WORKER_CONCURRENCY: '3' },
      'WORKER_CONCURRENCY',
    ],
    ['more shards than are allowed', { queues: { shards: 17 } }, {}, 'queues.shards'],
    ['a mail server without a sender', {}, { ...smtp, WORKER_QUEUES: 'email' }, 'email.from'],
    [
      'a scene that waits for delivery receipts without a callback token',
      { ...from, ...fallback },
      smtp,
      'CALLBACK_TOKEN',
    ],
    ['a weight of 0', { gateways: { ccp: { ...ccp, weight: 0 } } }, {}, 'gateways.ccp.weight'],
    [
      'a route to a gateway that is not in the policy',
      { routes: [{ segments: ['+86170'], gateway: 'twilio' }] },
      {},
      'routes.0.gateway',
    ],
    ...['17', '+861701', '+14155550'].map((segment): [string, object, Env, string] => [
      `a route for the segment ${segment}`,
      { routes: [{ segments: [segment], gateway: 'ccp' }] },
      {},
      'routes.0.segments.0',
    ]),
    ['a rate of 0 messages', { gateways: { ccp: { ...ccp, rate: 0 } } }, {}, 'gateways.ccp.rate'],
    ['events without a secret that signs them', {}, { EVENTS_URL: 'https://shop.example' }, 'EVENTS_SECRETS'],
    [
      'a mail server in production without TLS',
      from,
      { ...production, SMTP_URL: 'smtp://mail.example?tls.rejectUnauthorized=false' },
      'SMTP_URL',
    ],
    [
      'a mail server in production that may do without TLS',
      from,
      { ...production, SMTP_URL: 'smtp://mail.example?requireTLS=false' },
      'SMTP_URL',
    ],
    [
      'a template that is no number',
      { gateways: { ccp: { ...ccp, messages: [{ template: 'abc' }] } } },
      {},
      'gateways.ccp.messages.0.template',
    ],
    [
      'the test template in production',
      { gateways: { ccp: { ...ccp, messages: [{ template: '1' }] } } },
      production,
      'gateways.ccp.messages.0.template',
    ],
    [
      'a template for an unknown scene',
      { gateways: { ccp: { ...ccp, messages: [{ scenes: ['logn'], template: '5' }, ...ccp.messages] } } },
      {},
      'gateways.ccp.messages.0.scenes',
    ],
    [
      'words of another vendor',
      { gateways: { ccp: { ...ccp, messages: [{ template: '5', sender: 'Shop' }] } } },
      {},
      'gateways.ccp.messages.0.sender',
    ],
    ['a queue twice', {}, { WORKER_QUEUES: 'sms,sms' }, 'WORKER_QUEUES'],
    [
      'a secret that is too long',
      {},
      { EVENTS_URL: 'https://shop.example', EVENTS_SECRETS: `whsec_${'A'.repeat(88)}` },
      'EVENTS_SECRETS',
    ],
    ['an unknown queue', {}, { WORKER_QUEUES: 'sms,fax' }, 'WORKER_QUEUES'],
    ['a token that can be guessed', {}, { CALLBACK_TOKEN: 'short' }, 'CALLBACK_TOKEN'],
    ['too long a deadline', { gateway_deadline: '9s' }, {}, 'gateway_deadline'],
    ['a secret of a vendor that is too short', {}, { CCP_AUTH_TOKEN: 'short' }, 'CCP_AUTH_TOKEN'],
  ])('refuses %s', (_what, policy, env, name) => {
    expect(new Set(faultsOf(policy, env))).toEqual(new Set([name]))
  })

  it('allows plain http to a webhook and an application on the same machine in production, and nowhere else', () => {
    const at = (url: string) =>
      faultsOf(
        { gateways: { webhook: { base_url: url } } },
        { ...production, EVENTS_URL: url, EVENTS_SECRETS: secrets.WEBHOOK_SECRETS },
      )
    expect(at('http://127.0.0.1:9999/sms')).toEqual([])
    expect(at('https://shop.example/sms')).toEqual([])
    expect(at('http://shop.example/sms').toSorted()).toEqual(['EVENTS_URL', 'gateways.webhook.base_url'])
  })

  it('names a missing mail server and a missing sender at once', () => {
    expect(faultsOf({ scenes: { default: {}, login: { fallback: true } } })).toEqual([
      'email.from',
      'SMTP_URL',
    ])
  })

  it.each([
    'http://127.0.0.1:3002',
    'http://localhost:1',
    'http://simulator:3002',
    'https://app.cloopen.com:8883',
  ])('accepts %s as the address of a gateway', (url) => {
    expect(faultsOf(ccpAt(url))).toEqual([])
  })

  it('refuses a signature with its brackets, and then lacks it', () => {
    const messages = [{ template: '1', sign_name: '【演示】' }]
    expect(faultsOf({ gateways: { tencent: { ...tencent, messages } } })).toEqual([
      'gateways.tencent.messages.0.sign_name',
      'gateways.tencent.messages.0',
    ])
  })

  it('never shows the value of a secret', () => {
    const lines = linesOf(
      { gateways: { ccp: { ...ccp, base_url: 'https://u:hunter2@[' } } },
      { CCP_AUTH_TOKEN: 'hunter2' },
    )
    expect(lines).toHaveLength(2)
    expect(lines.join()).not.toContain('hunter2')
  })
})
