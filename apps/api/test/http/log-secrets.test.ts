import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLogger } from '@sms-codes/core/logger'
import { aMobile, anAddress, startApi, type Api } from '../api.ts'

// A caller can put a number or a code into every text that the API receives.
const TOKEN = 'callback-token-of-these-tests'
const KEY = 'k'.repeat(32)
const SECRETS = ['13912345678', '8613912345678', '987654', '9876543210', 'owner@mail.example']

let api: Api
const lines: string[] = []
beforeAll(async () => {
  const log = createLogger('api', 'debug', { write: (line) => void lines.push(line) })
  api = await startApi({ CALLBACK_TOKEN: TOKEN, API_KEYS: `shop:${KEY}` }, log)
})
afterAll(() => api.stop())

type Call = [method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: object | string]

function callsWith(secret: string): Call[] {
  const path = encodeURIComponent(secret)
  const mobile = '13800138000'
  const push = { action: 'SMSArrived', content: 'known-message', status: '1', deliverCode: `E-${secret}` }
  return [
    ['GET', `/${path}?${path}=${path}`],
    ['GET', `/v1/sms_codes/${path}`],
    ['GET', `/v1/sms_codes/${path}.${path}`],
    ['GET', `/image_codes/${path}/`],
    ['GET', `/sms_codes/${path}/?image_code=${path}&uuid=${path}&scene=${path}&proof=${path}`],
    ['GET', `/sms_codes/${mobile}/?image_code=${path}&uuid=${path}`],
    ['POST', '/v1/sms_codes', { mobile: secret, image_code: secret, uuid: secret.padEnd(8, '0') }],
    ['POST', '/v1/sms_codes', { mobile, image_code: secret.slice(0, 4), uuid: secret.padEnd(8, '0') }],
    ['POST', '/v1/sms_codes', { mobile, proof: secret, scene: secret }],
    ['POST', '/v1/sms_codes', { mobile, proof: secret }],
    ['POST', '/v1/sms_codes', { mobile, [secret]: secret }],
    ['POST', '/v1/sms_codes', `{"mobile":"${secret}`],
    ['POST', '/v1/sms_codes/verify', { mobile, sms_code: '123456', request_id: secret }],
    ['POST', '/v1/sms_codes/verify', { mobile, sms_code: secret, request_id: `${secret}.${secret}` }],
    ['POST', '/v1/sms_codes/verify', { mobile, sms_code: '123456', scene: secret }],
    ['POST', '/v1/receipts/redeem', { receipt: secret, scene: 'login' }],
    ['POST', '/v1/receipts/redeem', { receipt: `${secret}.${secret}.${secret}`, scene: 'login', mobile }],
    ['PUT', `/v1/contacts/${path}`, { email: secret, verified_at: secret }],
    [
      'PUT',
      `/v1/contacts/${mobile}`,
      { email: secret.replace(/^\d+$/, '$&@mail.example'), verified_at: '2026-01-01' },
    ],
    ['DELETE', `/v1/contacts/${path}`],
    ['POST', `/callbacks/${path}/${TOKEN}`, { Request: push }],
    ['POST', `/callbacks/ccp/${path}`, { Request: push }],
    ['POST', `/callbacks/ccp/${TOKEN}`, { Request: { ...push, reqId: secret } }],
  ]
}

async function makeCalls(secret: string): Promise<void> {
  for (const authorization of [`Bearer ${KEY}`, `Bearer ${secret}`])
    for (const [method, url, payload] of callsWith(secret)) {
      const headers = {
        authorization,
        'x-forwarded-for': `${secret}, ${anAddress()}`,
        'content-type': 'application/json',
        'idempotency-key': `${secret}.${secret}.${Math.random()}`.replace('@', '_'),
        'user-agent': secret,
        'x-request-id': secret,
        'accept-language': secret,
        traceparent: secret,
        cookie: secret,
        origin: `https://${secret}`,
        referer: `https://shop.example/${secret}`,
      }
      await api.app.inject({ method, url, headers, ...(payload !== undefined && { payload }) })
    }
}

/** Removes the values from the text of metrics. A value may contain the digits of a code by chance. */
const namesIn = (metrics: string) => metrics.replaceAll(/ [0-9.e+-]+$/gm, '')

describe('no log line and no metric shows a number, a code or a mail address that a caller sent', () => {
  it.each(SECRETS)('%s', async (secret) => {
    const { rid } = await api.sent(aMobile(), 'default')
    await api.accept(rid)
    const job = { v: 1 as const, rid, scene: 'default', n: 1, to: '138****8000', segment: '138' }
    await api.deps.deliveryReceipts.expect('ccp', 'known-message', job)
    lines.length = 0
    await makeCalls(secret)
    const written = lines.join('')
    for (const msg of ['refused', 'delivery receipt', 'contact stored']) expect(written).toContain(`"${msg}"`)
    // A vendor's own code may look like a verification code, so the log shows short digits there.
    const isVendorCode = (line: string) => secret.length < 11 && line.includes('"msg":"delivery receipt"')
    expect(lines.filter((line) => line.includes(secret) && !isVendorCode(line))).toEqual([])
    expect(namesIn(await api.registry.metrics())).not.toContain(secret)
  })

  it('also while Redis is down', async () => {
    await api.server.kill()
    lines.length = 0
    for (const secret of SECRETS.slice(0, 2)) await makeCalls(secret)
    expect(lines.join('')).toContain('"store down"')
    for (const secret of SECRETS) expect(lines.filter((line) => line.includes(secret))).toEqual([])
  })
})
