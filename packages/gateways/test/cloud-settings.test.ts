// Owns the settings of Huawei Cloud, Vonage and Amazon SNS: what the worker refuses at its start, and what a gateway
// with these settings sends.
import { describe, expect, it, onTestFinished } from 'vitest'
import type { GatewayPolicy } from '@sms-codes/core/config/policy-schema'
import type { SmsMessage } from '../src/gateway.ts'
import type { VendorContext } from '../src/entry.ts'
import { createTransport } from '../src/transport.ts'
import { vendors } from '../src/vendors.ts'
import { message } from './message.ts'
import { answer, serve } from './servers.ts'

const context: VendorContext = {
  isProduction: false,
  env: {},
  scenes: [{ name: 'login', lifeSeconds: 300, length: 6 }],
  countries: ['CN', 'HK'],
  locales: ['zh-CN', 'en'],
  callbackToken: 't0ken',
  publicUrl: 'https://api.example',
}
const secret = 'a secret of the tests'
const secrets = {
  HUAWEI_APP_SECRET: secret,
  VONAGE_API_SECRET: '8letters',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE00000',
  AWS_SECRET_ACCESS_KEY: secret,
  AWS_SESSION_TOKEN: 'a token of the tests',
}
const huawei: GatewayPolicy = {
  account: 'exampleappkey00000000001',
  app: '8825010100001',
  messages: [
    { countries: ['CN'], template: '8ff55eac1d0b478ab3c06c3c6a492300', minutes: 5 },
    { template: '8ff55eac1d0b478ab3c06c3c6a492301', minutes: 5, sender: '8825010100002' },
  ],
}
const complete: Record<string, GatewayPolicy> = {
  huawei,
  vonage: { account: 'abcd1234', messages: [{ sender: 'Demo' }] },
  sns: { region: 'us-east-1', messages: [{ sender: 'Demo' }] },
}

function vendorOf(name: string) {
  const vendor = vendors.find((one) => one.name === name)
  if (vendor === undefined) throw new Error(`no vendor ${name}`)
  return vendor
}

/** The path or the variable of each fault. */
const faultsOf = (name: string, entry = complete[name] ?? {}, values: object = secrets, changed = {}) =>
  vendorOf(name)
    .faults('main', entry, values, { ...context, ...changed })
    .map((fault) => (typeof fault === 'string' ? fault.replace(/:.*/, '') : fault.at.join('.')))

async function bodyOf(name: string, entry: GatewayPolicy, changed: Partial<SmsMessage> = {}) {
  const server = await serve(answer(200, '{}'))
  const transport = createTransport()
  onTestFinished(() => transport.close())
  const configured = vendorOf(name).configure('main', { ...entry, base_url: server.url }, secrets, context)
  const gateway = configured.create({ transport, writeLine: () => undefined, maskMobile: String })
  expect(gateway.name).toBe('main')
  await gateway.send({ ...message, ...changed }, new AbortController().signal)
  return { request: server.requests.join(), quota: configured.quota }
}

describe.each(['huawei', 'vonage', 'sns'])('a gateway of the vendor %s', (name) => {
  it('may not use a simulator in production, nor send codes over plain HTTP', () => {
    const at = (base_url: string, isProduction: boolean) =>
      faultsOf(name, { ...complete[name], base_url }, secrets, { isProduction })
    expect(at('https://127.0.0.1:1', true)).toEqual(['gateways.main.base_url'])
    expect(at('http://sms.example', false)).toEqual(['gateways.main.base_url'])
    expect(at('http://127.0.0.1:1', false)).toEqual([])
  })
})

describe('a gateway of Huawei', () => {
  it('needs templates whose minutes are the life of the codes, and codes of at most eight digits', () => {
    const scenes = (lifeSeconds: number, length: number) => [{ name: 'login', lifeSeconds, length }]
    expect(faultsOf('huawei', huawei, secrets, { scenes: scenes(120, 6) })).toContain(
      'gateways.main.messages.0.minutes',
    )
    expect(faultsOf('huawei', huawei, secrets, { scenes: scenes(300, 8) })).toEqual([])
    expect(faultsOf('huawei', huawei, secrets, { scenes: scenes(300, 9) })).toEqual(['gateways.main'])
    const [first] = huawei.messages ?? []
    expect(faultsOf('huawei', { ...huawei, messages: [{ template: first?.template ?? '' }] })).toContain(
      'gateways.main.messages.0',
    )
    expect(faultsOf('huawei', { ...huawei, messages: [{ ...first, template: '1110' }] })).toContain(
      'gateways.main.messages.0.template',
    )
  })

  it('has a template and a channel of each country, and an address for delivery receipts', async () => {
    const home = await bodyOf('huawei', huawei)
    expect(home.request).toContain('from=8825010100001&')
    expect(home.request).toContain('templateId=8ff55eac1d0b478ab3c06c3c6a492300&')
    expect(home.request).toContain(encodeURIComponent('https://api.example/callbacks/main/t0ken'))
    expect(home.quota).not.toEqual([])
    const abroad = await bodyOf('huawei', huawei, { mobile: '+85290000000', country: 'HK' })
    expect(abroad.request).toContain('from=8825010100002&')
    expect(abroad.request).toContain('templateId=8ff55eac1d0b478ab3c06c3c6a492301&')
  })
})

describe('a gateway of Vonage', () => {
  it('has its sender, and an address for delivery receipts', async () => {
    const { request } = await bodyOf('vonage', complete['vonage'] ?? {})
    expect(request).toContain('"from":"Demo"')
    expect(request).toContain('"callback":"https://api.example/callbacks/main/t0ken"')
  })

  it('has no sender with a plus', () => {
    const entry = { ...complete['vonage'], messages: [{ sender: '+15005550006' }] }
    expect(faultsOf('vonage', entry)).toEqual(['gateways.main.messages.0.sender'])
  })
})

describe('a gateway of Amazon SNS', () => {
  it('has its sender and its session token', async () => {
    const { request } = await bodyOf('sns', complete['sns'] ?? {})
    expect(request).toContain('StringValue=Demo')
    expect(request).toContain(`X-Amz-Security-Token: ${secrets.AWS_SESSION_TOKEN}`)
  })

  it('calls the address of its region', async () => {
    const urls: string[] = []
    const post = (url: string) => {
      urls.push(url)
      return Promise.resolve({ kind: 'unknown' as const, code: 'NONE' })
    }
    const entry = { region: 'ap-southeast-1' }
    const { create } = vendorOf('sns').configure('main', entry, secrets, context)
    const gateway = create({ transport: { post }, writeLine: () => undefined, maskMobile: String })
    await gateway.send(message, new AbortController().signal)
    expect(urls).toEqual(['https://sns.ap-southeast-1.amazonaws.com/'])
  })
})
