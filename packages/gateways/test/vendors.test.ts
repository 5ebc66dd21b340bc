import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { describe, expect, it } from 'vitest'
import { createTransport } from '../src/transport.ts'
import type { SettingsContext } from '../src/vendor.ts'
import { vendors, vendorVariables } from '../src/vendors.ts'
import { answer, serve } from './servers.ts'

const context: SettingsContext = {
  isProduction: false,
  scenes: [
    { name: 'default', ttlSeconds: 300, length: 6, lengthVariable: 'CODE_LENGTH' },
    { name: 'login', ttlSeconds: 120, length: 6, lengthVariable: 'SCENES' },
  ],
  callbackToken: undefined,
  publicUrl: undefined,
}
const secret = 'x'.repeat(30)
const complete: Record<string, Record<string, string>> = {
  ccp: {
    CCP_ACCOUNT_SID: 'a'.repeat(32),
    CCP_AUTH_TOKEN: secret,
    CCP_APP_ID: 'c'.repeat(32),
    CCP_TEMPLATE_ID: '1',
    CCP_TEMPLATES: 'login:22',
  },
  aliyun: {
    ALIYUN_ACCESS_KEY_ID: 'LTAI0123456789',
    ALIYUN_ACCESS_KEY_SECRET: secret,
    ALIYUN_SIGN_NAME: '演示',
    ALIYUN_TEMPLATE_CODE: 'SMS_1',
    ALIYUN_TEMPLATES: 'login:SMS_22:2',
  },
  tencent: {
    TENCENT_SECRET_ID: 'AKID0123456789',
    TENCENT_SECRET_KEY: secret,
    TENCENT_SDK_APP_ID: '1400000001',
    TENCENT_SIGN_NAME: '演示',
    TENCENT_TEMPLATE_ID: '1',
    TENCENT_TEMPLATES: 'login:22',
  },
  twilio: {
    TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: secret,
    TWILIO_FROM: '+15005550006',
  },
  webhook: {
    WEBHOOK_URL: 'http://127.0.0.1:9/sms',
    WEBHOOK_SECRETS: `whsec_${'A'.repeat(43)}=`,
    WEBHOOK_TEMPLATES: 'login:two-two',
  },
  console: {},
}
const required: Record<string, string[]> = {
  ccp: ['CCP_ACCOUNT_SID', 'CCP_AUTH_TOKEN', 'CCP_APP_ID', 'CCP_TEMPLATE_ID'],
  aliyun: ['ALIYUN_ACCESS_KEY_ID', 'ALIYUN_ACCESS_KEY_SECRET', 'ALIYUN_SIGN_NAME', 'ALIYUN_TEMPLATE_CODE'],
  tencent: [
    'TENCENT_SECRET_ID',
    'TENCENT_SECRET_KEY',
    'TENCENT_SDK_APP_ID',
    'TENCENT_SIGN_NAME',
    'TENCENT_TEMPLATE_ID',
  ],
  twilio: ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM'],
  webhook: ['WEBHOOK_URL', 'WEBHOOK_SECRETS'],
  console: [],
}

const schema = Type.Object(vendorVariables)
/** The values as the loader of the worker decodes them, defaults included. */
const decode = (env: Record<string, string | number>) => Value.Decode(schema, Value.Default(schema, env))
const nameOf = (fault: string) => fault.slice(0, fault.indexOf(':'))

function vendorOf(name: string) {
  const vendor = vendors.find((one) => one.name === name)
  if (vendor === undefined) throw new Error(`no vendor ${name}`)
  return vendor
}
const faultsOf = (
  name: string,
  env: Record<string, string | number>,
  changed: Partial<SettingsContext> = {},
) =>
  vendorOf(name)
    .faults(decode({ ...complete[name], ...env }), { ...context, ...changed })
    .map(nameOf)

describe.each(vendors.map(({ name }) => name))('the vendor %s', (name) => {
  it('names every required variable that is missing', () => {
    const faults = vendorOf(name).faults(decode({}), context)
    expect(faults.filter((fault) => fault.includes('is missing')).map(nameOf)).toEqual(required[name])
  })

  it('has no fault with complete settings', () => {
    const env = name === 'aliyun' ? { ALIYUN_TEMPLATE_MINUTES: 5 } : {}
    expect(faultsOf(name, env)).toEqual([])
  })

  it('makes a gateway with its own name', () => {
    const transport = createTransport()
    const { create, ...configured } = vendorOf(name).configure(decode(complete[name] ?? {}), context)
    expect(configured.name).toBe(name)
    const gateway = create({ transport, writeLine: () => undefined, maskMobile: String })
    expect(gateway.name).toBe(name)
    transport.close()
  })
})

it.each(['ccp', 'aliyun', 'tencent', 'twilio', 'webhook'])(
  'the vendor %s cannot be configured with incomplete settings',
  (name) => {
    expect(() => vendorOf(name).configure(decode({}), context)).toThrow('incomplete')
  },
)

describe.each([
  ['ccp', 'CCP_BASE_URL', '"templateId":"22"'],
  ['aliyun', 'ALIYUN_BASE_URL', 'TemplateCode=SMS_22&'],
  ['tencent', 'TENCENT_BASE_URL', '"TemplateId":"22"'],
  ['webhook', 'WEBHOOK_URL', '"template":"two-two"'],
])('the settings of %s', (name, address, sent) => {
  it('decide the template of a scene', async () => {
    const server = await serve(answer(200, '{}'))
    const transport = createTransport()
    const values = decode({ ...complete[name], [address]: server.url })
    const gateway = vendorOf(name)
      .configure(values, context)
      .create({ transport, writeLine: () => undefined, maskMobile: String })
    const message = { id: 'a1', mobile: '13900139000', code: '739146', minutes: 2, secondsLeft: 120 }
    await gateway.send({ ...message, scene: 'login' }, new AbortController().signal)
    expect(server.requests.join()).toContain(sent)
    transport.close()
  })

  it('may not name a scene that is not configured', () => {
    const variable = `${name.toUpperCase()}_TEMPLATES`
    const own = complete[name]?.[variable] ?? ''
    expect(faultsOf(name, { [variable]: own.replace('login', 'logn') })).toContain(variable)
    expect(faultsOf(name, { [variable]: own.replace('login', 'logn') }, { scenes: undefined })).toEqual([])
  })
})

describe('the settings of every vendor', () => {
  it('may not send codes over plain HTTP, except to a machine nearby', () => {
    const at = (url: string) => faultsOf('ccp', { CCP_BASE_URL: url })
    expect(at('http://gateway.example')).toEqual(['CCP_BASE_URL'])
    expect(at('http://simulator:3002')).toEqual([])
    expect(at('http://localhost:3002')).toEqual([])
  })

  it('may not use a simulator in production, but a receiver on the same machine', () => {
    const production = { isProduction: true }
    expect(faultsOf('twilio', { TWILIO_BASE_URL: 'https://127.0.0.1:1' }, production)).toEqual([
      'TWILIO_BASE_URL',
    ])
    expect(faultsOf('webhook', {}, production)).toEqual([])
    expect(faultsOf('console', {}, production)).toEqual(['SMS_GATEWAYS'])
  })

  it('must agree with the life of the codes if the text of the template contains minutes', () => {
    expect(faultsOf('aliyun', { ALIYUN_TEMPLATES: '' })).toEqual(['ALIYUN_TEMPLATE_MINUTES'])
    expect(faultsOf('aliyun', { ALIYUN_TEMPLATE_MINUTES: 4 })).toEqual(['ALIYUN_TEMPLATE_MINUTES'])
  })

  it('must include the public address if Twilio has to send delivery receipts to it', () => {
    expect(faultsOf('twilio', {}, { callbackToken: 't0ken' })).toEqual(['PUBLIC_URL'])
    const publicUrl = 'https://codes.example'
    expect(faultsOf('twilio', {}, { callbackToken: 't0ken', publicUrl })).toEqual([])
  })
})
