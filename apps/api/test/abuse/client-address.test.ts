import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aMobile, anAddress, startApiWith, type Api } from '../api.ts'

const TOKEN = 'callback-token-of-these-tests'

let api: Api
beforeAll(async () => {
  api = await startApiWith(
    {
      limits: { address: { images: ['2/10m'], attempts: ['2/10m'], verifies: ['2/10m'] } },
      lists: { deny: ['203.0.113.0/24'] },
      callbacks: { addresses: ['198.51.100.7'] },
    },
    { TRUST_PROXY: '127.0.0.1,10.200.0.0/16', CALLBACK_TOKEN: TOKEN },
  )
})
afterAll(() => api.stop())

/** Spellings of an address in X-Forwarded-For. Each call of one of them comes from the same client. */
const SPELLINGS: [string, (ip: string) => string][] = [
  ['with a port', (ip) => `${ip}:${40_000 + Math.floor(Math.random() * 20_000)}`],
  ['of IPv6 with a port', (ip) => `[${toIpv6(ip)}]:${40_000 + Math.floor(Math.random() * 20_000)}`],
  [
    'before a trusted hop with a port',
    (ip) => `${ip}:4711, 10.200.0.1:${Math.floor(Math.random() * 65_535)}`,
  ],
  ['behind a forged one', (ip) => `${anAddress()}, ${ip}`],
  ['as a 6to4 address', (ip) => `2002:${hexOf(ip)}::${Math.floor(Math.random() * 9_999)}`],
  ['as text that is no address', () => `word-${Math.random()}`],
]
const hexOf = (ip: string) => {
  const [a = 0, b = 0, c = 0, d = 0] = ip.split('.').map(Number)
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}
const toIpv6 = (ip: string) => `2001:db8:${hexOf(ip)}::1`

const picture = (address: string) =>
  api.app.inject({ url: '/image_codes/uuid-number-1/', headers: { 'x-forwarded-for': address } })

describe.each(SPELLINGS)('a client address %s', (name, spell) => {
  it('counts against the limits of pictures, attempts and verifies', async () => {
    const ip = anAddress()
    const calls = {
      pictures: async () => (await picture(spell(ip))).statusCode,
      attempts: async () => {
        const body = { mobile: aMobile(), ...(await api.captcha()), image_code: 'wrong' }
        return (await api.post('/v1/sms_codes', body, { 'x-forwarded-for': spell(ip) })).status
      },
      verifies: async () => {
        const body = { mobile: aMobile(), sms_code: '123456' }
        return (await api.post('/v1/sms_codes/verify', body, { 'x-forwarded-for': spell(ip) })).status
      },
    }
    for (const [what, call] of Object.entries(calls)) {
      const statuses = [await call(), await call(), await call()]
      expect([what, statuses[0] === 429, statuses[2]]).toEqual([what, false, 429])
    }
  })

  it('is one client, beside which others have limits of their own', async () => {
    if (name === 'as text that is no address') return
    const [one, other] = [anAddress(), anAddress()]
    for (let i = 0; i < 3; i++) await picture(spell(one))
    expect((await picture(spell(one))).statusCode).toBe(429)
    expect((await picture(spell(other))).statusCode).toBe(200)
  })
})

it.each(['203.0.113.7', '203.0.113.8:5678', '::ffff:203.0.113.9', '[2002:cb00:710a::1]:443'])(
  'the deny list refuses %s',
  async (address) => {
    const body = { mobile: aMobile(), ...(await api.captcha()) }
    const { status, body: said } = await api.post('/v1/sms_codes', body, { 'x-forwarded-for': address })
    expect([status, said['errmsg']]).toEqual([429, '发送短信过于频繁'])
  },
)

it.each([
  ['198.51.100.7', 200],
  ['198.51.100.7:5678', 200],
  ['203.0.113.1, 198.51.100.7:5678, 10.200.0.1:80', 200],
  ['198.51.100.8:5678', 404],
  ['198.51.100.7, 198.51.100.8', 404],
  ['word', 404],
])('a delivery receipt from %s gets %i', async (address, status) => {
  const response = await api.app.inject({
    method: 'POST',
    url: `/callbacks/ccp/${TOKEN}`,
    headers: { 'x-forwarded-for': address, 'content-type': 'application/xml' },
    payload:
      '<request><action>SMSArrived</action><smsMessageSid>1</smsMessageSid><status>0</status></request>',
  })
  expect(response.statusCode === 404 ? 404 : 200).toBe(status)
})
