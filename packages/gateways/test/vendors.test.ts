import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { describe, expect, it } from 'vitest'
import type { GatewayPolicy } from '@sms-codes/core/config/policy-schema'
import type { VendorContext } from '../src/entry.ts'
import { createTransport } from '../src/transport.ts'
import { vendors, vendorVariables } from '../src/vendors.ts'
import { message } from './message.ts'
import { answer, serve } from './servers.ts'

const context: VendorContext = {
  isProduction: false,
  env: {},
  scenes: [
    { name: 'default', lifeSeconds: 300, length: 6 },
    { name: 'login', lifeSeconds: 120, length: 6 },
  ],
  countries: ['CN'],
  locales: ['zh-CN', 'en'],
  callbackToken: undefined,
  publicUrl: undefined,
}
const international = { countries: ['CN', 'HK'] }
const secret = 'x'.repeat(30)
const secrets: Record<string, Record<string, string>> = {
  ccp: { CCP_AUTH_TOKEN: secret },
  aliyun: { ALIYUN_ACCESS_KEY_ID: 'LTAI0123456789', ALIYUN_ACCESS_KEY_SECRET: secret },
  tencent: { TENCENT_SECRET_ID: 'AKID0123456789', TENCENT_SECRET_KEY: secret },
  twilio: { TWILIO_AUTH_TOKEN: secret },
  huawei: { HUAWEI_APP_SECRET: secret },
  vonage: { VONAGE_API_SECRET: '8letters' },
  sns: { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE00000', AWS_SECRET_ACCESS_KEY: secret },
  webhook: { WEBHOOK_SECRETS: `whsec_${'A'.repeat(43)}=` },
  console: {},
}
const complete: Record<string, GatewayPolicy> = {
  ccp: {
    account: 'a'.repeat(32),
    app: 'c'.repeat(32),
    messages: [{ scenes: ['login'], template: '22' }, { template: '1' }],
  },
  aliyun: {
    messages: [
      { scenes: ['login'], template: 'SMS_22', sign_name: '演示', minutes: 2 },
      { template: 'SMS_1', sign_name: '演示', minutes: 5 },
    ],
  },
  tencent: {
    app: '1400000001',
    messages: [
      { scenes: ['login'], template: '22', sign_name: '演示' },
      { template: '1', sign_name: '演示' },
    ],
  },
  twilio: { account: `AC${'0'.repeat(32)}`, messages: [{ sender: '+15005550006' }] },
  huawei: {
    account: 'exampleappkey00000000001',
    app: '8825010100001',
    messages: [
      { scenes: ['login'], template: '2'.repeat(32), minutes: 2 },
      { template: '1'.repeat(32), minutes: 5 },
    ],
  },
  vonage: { account: 'abcd1234', messages: [{ sender: 'Demo' }] },
  sns: { region: 'us-east-1' },
  webhook: {
    base_url: 'http://127.0.0.1:9/sms',
    messages: [{ scenes: ['login'], template: 'two-two' }, { template: 'one' }],
  },
  http: { http: { url: 'https://sms.example', form: { text: '{text}' }, success: { status: [200] } } },
  console: {},
}
/** The paths and variables of the faults of an entry without settings and secrets. */
const ofEmpty: Record<string, string[]> = {
  ccp: ['CCP_AUTH_TOKEN', 'account', 'app', 'messages'],
  aliyun: ['ALIYUN_ACCESS_KEY_ID', 'ALIYUN_ACCESS_KEY_SECRET', 'messages'],
  tencent: ['TENCENT_SECRET_ID', 'TENCENT_SECRET_KEY', 'app', 'messages'],
  twilio: ['TWILIO_AUTH_TOKEN', 'account', 'messages'],
  huawei: ['HUAWEI_APP_SECRET', 'account', 'app', 'messages'],
  vonage: ['VONAGE_API_SECRET', 'account', 'messages'],
  sns: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'region'],
  webhook: ['WEBHOOK_SECRETS', 'base_url'],
  http: ['http'],
  console: [],
}

const schema = Type.Object(vendorVariables)
/** The values as the loader of the worker decodes them. */
const decode = (env: Record<string, string> = {}) => Value.Decode(schema, Value.Default(schema, env))

function vendorOf(name: string) {
  const vendor = vendors.find((one) => one.name === name)
  if (vendor === undefined) throw new Error(`no vendor ${name}`)
  return vendor
}

type Given = { entry?: GatewayPolicy; env?: Record<string, string>; changed?: Partial<VendorContext> }

/** The faults of the gateway `mine`, each as its path or its line, without repetitions of a path. */
function faultsOf(name: string, { entry = {}, env = {}, changed = {} }: Given = {}) {
  const whole = { ...complete[name], ...entry }
  const values = decode({ ...secrets[name], ...env })
  return vendorOf(name).faults('mine', whole, values, { ...context, ...changed })
}
const placesOf = (faults: ReturnType<typeof faultsOf>) => [
  ...new Set(
    faults.map((fault) =>
      typeof fault === 'string' ? fault.slice(0, fault.indexOf(':')) : fault.at.slice(2).join('.'),
    ),
  ),
]
const deps = { writeLine: () => undefined, maskMobile: String }

// The settings of the vendor http are the description of a call, whose faults have a suite of their own.
const names = vendors.map(({ name }) => name).filter((name) => name !== 'http')
describe.each(names)('the vendor %s', (name) => {
  it('names every secret and setting that is missing', () => {
    const faults = vendorOf(name).faults('mine', {}, decode(), context)
    expect(placesOf(faults).toSorted()).toEqual(ofEmpty[name]?.toSorted())
    const paths = faults.flatMap((fault) => (typeof fault === 'string' ? [] : [fault.at.slice(0, 2).join()]))
    expect(paths.every((path) => path === 'gateways,mine')).toBe(true)
  })

  it('has no fault with complete settings', () => {
    expect(faultsOf(name)).toEqual([])
  })

  it('refuses a setting and a word that it does not use', () => {
    const setting = name === 'http' ? 'region' : 'http'
    expect(placesOf(faultsOf(name, { entry: { [setting]: 'other' } }))).toEqual([setting])
    const word = name === 'http' ? { minutes: 5 } : { sender: '!' }
    const messages = [{ ...complete[name]?.messages?.at(-1), ...word }]
    expect(placesOf(faultsOf(name, { entry: { messages } }))).toContain(`messages.0.${Object.keys(word)[0]}`)
  })

  it('makes a gateway with the name of the entry', () => {
    const transport = createTransport()
    const values = decode(secrets[name])
    const { create, ...configured } = vendorOf(name).configure('mine', complete[name] ?? {}, values, context)
    expect(configured).toMatchObject({ name: 'mine', countries: ['CN'] })
    expect(create({ transport, ...deps }).name).toBe('mine')
    transport.close()
  })
})

it.each(['ccp', 'aliyun', 'tencent', 'huawei', 'vonage', 'sns', 'webhook'])(
  'the vendor %s cannot be configured with incomplete settings',
  (name) => {
    expect(() => vendorOf(name).configure('mine', {}, decode(), context)).toThrow('incomplete')
  },
)

describe.each([
  ['ccp', '"templateId":"22"'],
  ['aliyun', 'TemplateCode=SMS_22&'],
  ['tencent', '"TemplateId":"22"'],
  ['huawei', `templateId=${'2'.repeat(32)}&`],
  ['webhook', '"template":"two-two"'],
])('the messages of %s', (name, sent) => {
  it('decide the template of a scene', async () => {
    const server = await serve(answer(200, '{}'))
    const transport = createTransport()
    const gateway = vendorOf(name)
      .configure('mine', { ...complete[name], base_url: server.url }, decode(secrets[name]), context)
      .create({ transport, ...deps })
    await gateway.send(message, new AbortController().signal)
    expect(server.requests.join()).toContain(sent)
    transport.close()
  })
})

describe('the messages of a gateway', () => {
  it('must have the words of each scene, country and locale', () => {
    const [, general = {}] = complete['tencent']?.messages ?? []
    const messages = [
      { ...general, scenes: ['default'] },
      { ...general, locales: ['zh-CN'] },
      { countries: ['HK'], template: '7' },
    ]
    const says = faultsOf('tencent', { entry: { messages }, changed: international }).map((fault) =>
      typeof fault === 'string' ? fault : fault.says,
    )
    expect(says).toEqual(['lacks template and sign_name for scene login, country CN, locale en'])
  })

  it('need a sign name in the mainland only, for Tencent', () => {
    const changed = { countries: ['HK'] }
    expect(faultsOf('tencent', { entry: { messages: [{ template: '1' }] }, changed })).toEqual([])
    expect(placesOf(faultsOf('tencent', { entry: { messages: [{ template: '1' }] } }))).toEqual([
      'messages.0',
    ])
  })

  it('must agree with the life of the codes if the text of the template contains minutes', () => {
    const words = { template: 'SMS_1', sign_name: '演示' }
    expect(placesOf(faultsOf('aliyun', { entry: { messages: [{ ...words, minutes: 5 }] } }))).toEqual([
      'messages.0.minutes',
    ])
    expect(placesOf(faultsOf('aliyun', { entry: { messages: [words] } }))).toEqual(['messages.0'])
  })

  it('must have the form that the vendor expects', () => {
    const entry = { messages: [{ template: 'not-a-number' }] }
    expect(placesOf(faultsOf('ccp', { entry }))).toEqual(['messages.0.template'])
  })

  it('may not use the test template of CCP in production', () => {
    expect(placesOf(faultsOf('ccp', { changed: { isProduction: true } }))).toEqual(['messages.1.template'])
  })
})

describe('the settings of every vendor', () => {
  it('must have the form that the vendor expects', () => {
    expect(placesOf(faultsOf('tencent', { entry: { app: 'application' } }))).toEqual(['app'])
  })

  it('may not send codes over plain HTTP, except to a machine nearby', () => {
    const at = (base_url: string) => placesOf(faultsOf('ccp', { entry: { base_url } }))
    expect(at('http://gateway.example')).toEqual(['base_url'])
    expect(at('http://simulator:3002')).toEqual([])
    expect(at('http://localhost:3002')).toEqual([])
    expect(at('http://:3002')).toEqual(['base_url'])
  })

  it('may not use a simulator in production, but a receiver on the same machine', () => {
    const changed = { isProduction: true }
    const simulator = { base_url: 'https://127.0.0.1:1' }
    expect(placesOf(faultsOf('twilio', { entry: simulator, changed }))).toEqual(['base_url'])
    expect(faultsOf('webhook', { changed })).toEqual([])
    expect(faultsOf('console', { changed })).toHaveLength(1)
  })

  it('may not have a scene whose codes are longer than the vendor takes', () => {
    const changed = { scenes: [{ name: 'login', lifeSeconds: 120, length: 7 }] }
    expect(faultsOf('aliyun', { changed })).toEqual([
      {
        at: ['gateways', 'mine'],
        says: 'serves the scene login, whose codes have 7 digits, but aliyun takes at most 6',
      },
    ])
    expect(faultsOf('ccp', { changed })).toEqual([])
  })

  it('may not name a country that the vendor does not serve', () => {
    const entry = { countries: ['CN', 'HK'] }
    expect(placesOf(faultsOf('ccp', { entry, changed: international }))).toEqual(['countries'])
  })
})

describe('the countries of a gateway', () => {
  const countriesOf = (name: string, entry: GatewayPolicy = {}) =>
    vendorOf(name).configure('mine', { ...complete[name], ...entry }, decode(secrets[name]), {
      ...context,
      ...international,
    }).countries

  it('are those of its entry, or else all that the vendor serves', () => {
    expect(countriesOf('twilio')).toEqual(['CN', 'HK'])
    expect(countriesOf('twilio', { countries: ['HK'] })).toEqual(['HK'])
    expect(countriesOf('ccp')).toEqual(['CN'])
  })
})

describe('Twilio', () => {
  it('needs the public address if it has to send delivery receipts to it', () => {
    expect(placesOf(faultsOf('twilio', { changed: { callbackToken: 't0ken' } }))).toEqual(['PUBLIC_URL'])
    const publicUrl = 'https://codes.example'
    expect(faultsOf('twilio', { changed: { callbackToken: 't0ken', publicUrl } })).toEqual([])
  })

  it('needs the secret of the API key that the policy names, and not the auth token', () => {
    const entry = { api_key: `SK${'0'.repeat(32)}` }
    const env = { TWILIO_API_KEY_SECRET: secret }
    expect(placesOf(faultsOf('twilio', { entry }))).toEqual(['TWILIO_API_KEY_SECRET'])
    expect(faultsOf('twilio', { entry, env })).toEqual([])
    const values = decode(env)
    expect(vendorOf('twilio').faults('mine', { ...complete['twilio'], ...entry }, values, context)).toEqual(
      [],
    )
  })

  it('needs a sender unless a messaging service chooses it', () => {
    const { messages: _messages, ...entry } = complete['twilio'] ?? {}
    const faults = (app?: string) =>
      vendorOf('twilio').faults('mine', { ...entry, ...(app && { app }) }, decode(secrets['twilio']), context)
    expect(placesOf(faults())).toEqual(['messages'])
    expect(faults(`MG${'0'.repeat(32)}`)).toEqual([])
  })

  it('is called with the API key, and told the name of the gateway for its delivery receipts', async () => {
    const server = await serve(answer(200, '{}'))
    const transport = createTransport()
    const entry = { ...complete['twilio'], api_key: `SK${'0'.repeat(32)}`, base_url: server.url }
    const address = { callbackToken: 't0ken', publicUrl: 'https://codes.example' }
    await vendorOf('twilio')
      .configure('mine', entry, decode({ TWILIO_API_KEY_SECRET: secret }), { ...context, ...address })
      .create({ transport, ...deps })
      .send(message, new AbortController().signal)
    const basic = Buffer.from(`${entry.api_key}:${secret}`).toString('base64')
    expect(server.requests.join()).toContain(`Authorization: Basic ${basic}`)
    expect(server.requests.join()).toContain(encodeURIComponent('https://codes.example/callbacks/mine/t0ken'))
    transport.close()
  })
})
