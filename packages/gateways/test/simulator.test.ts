// The simulator, which shares no code with the gateways, accepts what they send to several countries, and their
// parsers read what it pushes.
import type { GatewayPolicy } from '@sms-codes/core/config/policy-schema'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startCallbackServer, type CallbackServer } from '../../../apps/simulator/test/callback-server.ts'
import { startSimulator, type Simulator } from '../../../apps/simulator/test/running-simulator.ts'
import type { VendorContext } from '../src/entry.ts'
import type { SmsMessage } from '../src/gateway.ts'
import { listReceiptParsers } from '../src/receipts.ts'
import { createTransport } from '../src/transport.ts'
import { vendors } from '../src/vendors.ts'

const CALLBACK_TOKEN = 'token-of-the-callbacks'
const secrets = {
  HUAWEI_APP_SECRET: 'an-app-secret-of-tests',
  VONAGE_API_SECRET: 'an-api-secret-of-tests',
  AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE000000001',
  AWS_SECRET_ACCESS_KEY: 'a-secret-access-key-of-tests',
  AWS_SESSION_TOKEN: 'a-session-token-of-tests',
}
const gateways: Record<string, GatewayPolicy> = {
  huawei: {
    account: 'simulatedhuaweiappkey00001',
    app: '8825010100001',
    messages: [
      { countries: ['CN'], template: '8ff55eac1d0b478ab3c06c3c6a492300', minutes: 5, sign_name: '演示' },
      { template: '8ff55eac1d0b478ab3c06c3c6a492301', minutes: 5, sender: '8825010100002' },
    ],
  },
  vonage: { account: 'abcd1234', messages: [{ sender: 'Demo' }] },
  sns: { region: 'us-east-1', messages: [{ sender: 'Demo' }] },
}
const chinese = { country: 'CN', mobile: '+8613800138000', locale: 'zh-CN', text: '您的验证码是739146。' }
const english = { locale: 'en', text: 'Your code is 739146.' }
const messages = [
  chinese,
  { country: 'HK', mobile: '+85291234567', ...english },
  { country: 'FR', mobile: '+33612345678', ...english },
]

const transport = createTransport()
const { signal } = new AbortController()
let callbacks: CallbackServer
let simulator: Simulator
beforeAll(async () => {
  callbacks = await startCallbackServer()
  simulator = await startSimulator({ ...secrets, CALLBACK_TOKEN, SIMULATOR_RECEIPT_DELAY_MS: '0' })
})
afterAll(async () => {
  transport.close()
  await Promise.all([simulator.close(), callbacks.close()])
})

function createGateway(name: string, changed: Partial<typeof secrets> = {}) {
  const vendor = vendors.find((one) => one.name === name)
  if (vendor === undefined) throw new Error(`no vendor ${name}`)
  const context: VendorContext = {
    isProduction: false,
    env: {},
    scenes: [{ name: 'login', lifeSeconds: 300, length: 6 }],
    countries: ['CN', 'HK', 'FR'],
    locales: ['zh-CN', 'en'],
    callbackToken: CALLBACK_TOKEN,
    publicUrl: callbacks.url,
  }
  const entry = { ...gateways[name], base_url: simulator.url }
  expect(vendor.faults(name, entry, secrets, context)).toEqual([])
  const deps = { transport, writeLine: () => undefined, maskMobile: String }
  const gateway = vendor.configure(name, entry, { ...secrets, ...changed }, context).create(deps)
  return (message: Pick<SmsMessage, 'id' | 'mobile' | 'country' | 'locale' | 'text'>) =>
    gateway.send({ ...message, code: '739146', minutes: 5, secondsLeft: 300, scene: 'login' }, signal)
}

describe.each(['huawei', 'vonage', 'sns'])('a message through %s', (gateway) => {
  it.each(messages)('to $country is accepted, with its code and its wording', async (message) => {
    const id = `${gateway}${message.country.toLowerCase()}`
    const outcome = await createGateway(gateway)({ ...message, id })
    expect(outcome).toMatchObject({ class: 'accepted' })
    const outbox = await simulator.outbox()
    expect(outbox).toContainEqual(
      expect.objectContaining({
        gateway,
        id: outcome.messageId,
        number: message.mobile,
        code: '739146',
        ...(gateway === 'huawei'
          ? { locale: message.locale, sender: message.country === 'CN' ? '8825010100001' : '8825010100002' }
          : { text: message.text, sender: 'Demo' }),
      }),
    )
    if (gateway === 'sns') return
    const parser = listReceiptParsers({}, { callbackToken: CALLBACK_TOKEN, publicUrl: callbacks.url }).get(
      gateway,
    )
    const ids = [outcome.messageId, id]
    await vi.waitFor(() => {
      const received = callbacks.callbacks.filter(
        ({ path }) => path === `/callbacks/${gateway}/${CALLBACK_TOKEN}`,
      )
      const receipts = received.flatMap(({ headers, body }) => parser?.read({ headers, query: '', body }))
      expect(receipts).toContainEqual(expect.objectContaining({ ids, state: 'delivered' }))
    }, 15_000)
  })
})

it.each([
  ['huawei', { HUAWEI_APP_SECRET: 'another secret of tests' }, 'E000045'],
  ['vonage', { VONAGE_API_SECRET: 'another secret of tests' }, '4'],
  ['sns', { AWS_SECRET_ACCESS_KEY: 'another secret of tests' }, 'SignatureDoesNotMatch'],
])('a message through %s with a wrong secret is a fault of the settings', async (name, changed, code) => {
  expect(await createGateway(name, changed)({ ...chinese, id: 'a1' })).toEqual({ class: 'config', code })
})
