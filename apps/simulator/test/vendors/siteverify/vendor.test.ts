import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { errorCodeOf } from '../../error-code.ts'
import { part } from '../../requests/request.ts'
import { startSimulator, textLike, type Simulator } from '../../running-simulator.ts'

const SECRET = '0x4AAAAAAAExampleSecret0000000000'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

function request(fields: Record<string, string | undefined>) {
  const form = new URLSearchParams()
  const all: Record<string, string | undefined> = { secret: SECRET, ...fields }
  for (const [name, value] of Object.entries(all)) if (value !== undefined) form.set(name, value)
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return { path: '/siteverify', headers, body: form.toString() }
}

const verify = (response?: string, more: Record<string, string | undefined> = {}) =>
  simulator.request(request({ response, ...more }))

const refused = (code: string) => [200, { success: false, 'error-codes': [code] }]

describe('a token', () => {
  test('that begins with pass- passes', async () => {
    const answer = await verify('pass-1', { remoteip: '203.0.113.7' })
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      200,
      {
        success: true,
        challenge_ts: textLike(/^\d{4}-\d\d-\d\dT/),
        hostname: 'localhost',
        action: '',
        'error-codes': [],
      },
    ])
  })

  test('chooses the hostname, the action and the score of the answer', async () => {
    const answer = await verify('pass-1--hostname-shop-1.example--action-reset_password--score-0.3')
    expect(JSON.parse(answer.body)).toMatchObject({
      success: true,
      hostname: 'shop-1.example',
      action: 'reset_password',
      score: 0.3,
    })
  })

  test.each([
    ['begins with fail-', 'fail-1'],
    ['begins with an unknown word', 'unknown-1'],
    ['has 2,049 characters', `pass-${'x'.repeat(2044)}`],
    ['has a delay that is not a number', 'slow-1--ms-x'],
  ])('that %s does not pass', async (_name, token) => {
    const answer = await verify(token)
    expect([answer.status, JSON.parse(answer.body)]).toEqual(refused('invalid-input-response'))
  })

  test('passes once', async () => {
    expect(part(await verify('pass-1'), 'success')).toBe(true)
    const answer = await verify('pass-1')
    expect([answer.status, JSON.parse(answer.body)]).toEqual(refused('timeout-or-duplicate'))
    expect(part(await verify('pass-2'), 'success')).toBe(true)
  })

  test('gets the answer of its first call again with the same idempotency key', async () => {
    const key = { idempotency_key: randomUUID() }
    const first = await verify('pass-1', key)
    expect((await verify('pass-1', key)).body).toBe(first.body)
    const others = await verify('pass-1', { idempotency_key: randomUUID() })
    expect(part(others, 'error-codes')).toEqual(['timeout-or-duplicate'])
  })

  test('of one site does not pass for another site', async () => {
    const answer = await verify('pass-1--sitekey-shop', { sitekey: 'other' })
    expect([answer.status, JSON.parse(answer.body)]).toEqual(refused('sitekey-secret-mismatch'))
    expect(part(await verify('pass-2--sitekey-shop', { sitekey: 'shop' }), 'success')).toBe(true)
    expect(part(await verify('pass-3--sitekey-shop'), 'success')).toBe(true)
  })
})

test.each([
  ['no secret', { secret: undefined, response: 'pass-1' }, 'missing-input-secret'],
  ['another secret', { secret: 'another', response: 'pass-1' }, 'invalid-input-secret'],
  ['no token', {}, 'missing-input-response'],
  ['an idempotency key that is no UUID', { response: 'pass-1', idempotency_key: 'x' }, 'bad-request'],
])('a call with %s is refused and does not spend the token', async (_name, fields, code) => {
  const answer = await simulator.request(request(fields))
  expect([answer.status, JSON.parse(answer.body)]).toEqual(refused(code))
  expect(part(await verify('pass-1'), 'success')).toBe(true)
})

test('a call that is not a form is refused', async () => {
  const body = JSON.stringify({ secret: SECRET, response: 'pass-1' })
  const answer = await simulator.request({
    path: '/siteverify',
    headers: { 'content-type': 'application/json' },
    body,
  })
  expect([answer.status, JSON.parse(answer.body)]).toEqual(refused('bad-request'))
})

describe('a token that asks for a fault', () => {
  test('slow- passes after a delay', async () => {
    expect(part(await verify('slow-1--ms-20'), 'success')).toBe(true)
    expect(part(await verify('slow-1--ms-20'), 'error-codes')).toEqual(['timeout-or-duplicate'])
  })

  test.each([
    ['broken-1', 200, /<h1>200<\/h1>/],
    ['http_500-1', 500, /html/],
    ['redirect-1', 302, /^$/],
    ['empty-1', 200, /^$/],
  ])('%s gets that answer', async (token, status, body) => {
    const answer = await verify(token)
    expect([answer.status, answer.body]).toEqual([status, textLike(body)])
  })

  test.each(['rst-1', 'half_body-1'])('%s breaks the connection', async (token) => {
    expect(await errorCodeOf(verify(token))).toBe('ECONNRESET')
  })
})

describe('the fault script', () => {
  const script = (fault: string) => simulator.post('/_sim/script', { gateway: 'siteverify', fault })

  test.each(['http_503', 'timeout-or-duplicate'])('plays %s without spending the token', async (fault) => {
    await script(fault)
    const answer = await verify('pass-1')
    expect(answer.body).toMatch(fault === 'http_503' ? /503/ : /timeout-or-duplicate/)
    expect(part(await verify('pass-1'), 'success')).toBe(true)
  })

  test('loses the answer to a token that is spent, and an idempotency key gets it again', async () => {
    await script('accept_rst')
    const key = { idempotency_key: randomUUID() }
    expect(await errorCodeOf(verify('pass-1', key))).toBe('ECONNRESET')
    expect(part(await verify('pass-1'), 'error-codes')).toEqual(['timeout-or-duplicate'])
    expect(part(await verify('pass-1', key), 'success')).toBe(true)
  })

  test('has no fault with the name of a success', async () => {
    expect((await script('success')).status).toBe(400)
  })
})

test('the secret comes from the configuration', async () => {
  const other = await startSimulator({ CAPTCHA_SECRET: 'own' })
  const answer = await other.request(request({ secret: 'own', response: 'pass-1' }))
  expect(part(answer, 'success')).toBe(true)
  await other.close()
})
