import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aMobile, anAddress, startApiWith, type Api } from '../api.ts'
import { sendRaw } from '../corpus/raw-http.ts'
import { proofOf } from '../proof.ts'
import { answerOf, readDocument, type Call, type Real } from './document.ts'

const KEYS = { shop: 's'.repeat(32), bare: 'b'.repeat(32) }
const bearer = (name: keyof typeof KEYS) => ({ authorization: `Bearer ${KEYS[name]}` })
const settings = {
  countries: { CN: { locale: 'zh-CN' }, HK: { locale: 'en' } },
  api_keys: {
    shop: { scopes: ['send', 'redeem', 'contacts'] },
    bare: { scopes: [] },
  },
  scenes: { default: {}, login: {}, pay: { captcha: ['proof'] } },
  limits: { address: { images: ['1/60s'], attempts: ['4/10m'], verifies: ['2/5m'] } },
}

const words = (text: string) => text.split(/\s+/).filter((word) => word !== '')

let api: Api
let read: Awaited<ReturnType<typeof readDocument>>
beforeAll(async () => {
  api = await startApiWith(settings, {
    API_KEYS: Object.entries(KEYS)
      .map((entry) => entry.join(':'))
      .join(),
  })
  read = await readDocument(api)
})
afterAll(() => api.stop())

const call = (url: string, options: Call = {}, on = api) => answerOf(on, url, options)
const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  call(url, { method: 'POST', body, headers })
const send = (body: object, headers: Record<string, string> = {}) =>
  post('/v1/sms_codes', { mobile: aMobile(), ...body }, headers)
const verify = (body: object, headers: Record<string, string> = {}) =>
  post('/v1/sms_codes/verify', { mobile: aMobile(), sms_code: '000000', ...body }, headers)
const redeem = (body: object, headers: Record<string, string> = bearer('shop')) =>
  post('/v1/receipts/redeem', { scene: 'login', ...body }, headers)
const classic = async (query: object, mobile = aMobile(), headers: Record<string, string> = {}) =>
  call(`/sms_codes/${mobile}/?${new URLSearchParams(Object.entries(query)).toString()}`, { headers })
const contact = (body: unknown, mobile = aMobile(), headers: Record<string, string> = bearer('shop')) =>
  call(`/v1/contacts/${mobile}`, { method: 'PUT', body, headers })
const erase = (mobile = aMobile(), headers: Record<string, string> = bearer('shop')) =>
  call(`/v1/contacts/${mobile}`, { method: 'DELETE', headers })

/** The operations that the tests below call. */
const CALLED = words(`getImageCode getChallenge getScene getStatus classicSendCode sendCode verifyCode getKeys
  redeemReceipt putContact erasePhone`)

/**
 * Compares answers with the document. Returns their names, and the names of the other answers of the operation. Tests of
 * their parts cause those: the load of the process, the state of gateways, the budget, and races.
 */
function compare(operationId: string, answers: readonly Real[]) {
  expect(CALLED).toContain(operationId)
  const caused = answers.map((answer) => read.nameOf(operationId, answer))
  const isOpen = (name: string) => name !== 'storeDown' && !caused.includes(name)
  return { caused, open: read.answersOf(operationId).filter(isOpen) }
}
const named = (caused: string, open = '') => ({ caused: words(caused), open: words(open) })

/** The answers to calls one after the other, for limits. */
async function inTurn(times: number, one: () => Promise<Real>): Promise<Real[]> {
  const answers = []
  for (let i = 0; i < times; i++) answers.push(await one())
  return answers
}
const from = (address: string) => ({ 'x-forwarded-for': address })
const TOO_LONG = `{"mobile":"${' '.repeat(9_000)}"}`
const NO_JSON = { 'content-type': 'text/plain' }
const LANDLINE = '+85221234567'
const CONTACT = { email: 'owner@example.com', verified_at: '2026-01-01' }
const idempotent = () => ({ 'idempotency-key': randomUUID() })

it('each operation of the document is called here', () => {
  const called = read.operations.filter(({ path }) => path in read.document.paths)
  expect(called.map(({ operationId }) => operationId).toSorted()).toEqual(CALLED.toSorted())
})

describe('a real answer is in the document, with its body and its headers:', () => {
  it('getImageCode', async () => {
    const headers = from(anAddress())
    const answers = await inTurn(2, () => call(`/image_codes/${randomUUID()}/`, { headers }))
    answers.push(await call('/image_codes/short/'))
    expect(compare('getImageCode', answers)).toEqual(named('success tooManyRequests param', 'busy'))
  })

  it('getChallenge, getScene and getStatus', async () => {
    const headers = from(anAddress())
    const challenges = await inTurn(2, () => call('/v1/challenges', { headers }))
    expect(compare('getChallenge', challenges)).toEqual(named('success tooManyRequests', 'busy'))
    const scenes = [await call('/v1/scenes/pay'), await call('/v1/scenes/none')]
    expect(compare('getScene', scenes)).toEqual(named('success notFound'))
    const { rid } = await api.sent(aMobile(), 'login')
    const statuses = [await call(`/v1/sms_codes/${rid}`), await call('/v1/sms_codes/none')]
    expect(compare('getStatus', statuses)).toEqual(named('success notFound'))
  })

  it('classicSendCode', async () => {
    const mobile = aMobile()
    const headers = from(anAddress())
    const answers = [
      await classic(await api.captcha(), mobile),
      await classic(await api.captcha(), mobile),
      await classic({ image_code: 'AB3D', uuid: randomUUID() }),
      await classic({ ...(await api.captcha()), image_code: 'ZZZZ' }),
      await classic({ ...(await api.captcha()), scene: 'pay' }),
      await classic({ proof: 'wrong' }),
      await classic({}),
      await classic({ scene: 'none' }),
      await classic({}, '123'),
      ...(await inTurn(4, async () => classic(await api.captcha(), aMobile(), headers))).slice(3),
      ...(await inTurn(2, async () => classic({ proof: await proofOf(api) }, aMobile(), headers))).slice(1),
    ]
    expect(compare('classicSendCode', answers)).toEqual(
      named(
        `success sentTooOften captchaGone captchaWrong captchaKind proofGone missing param mobileWrong proofNeeded
       tooManyRequests`,
        'countryNotServed budgetSpent undeliverable busy',
      ),
    )
  })

  it('sendCode', async () => {
    const mobile = aMobile()
    const headers = from(anAddress())
    const key = idempotent()
    const picture = { mobile, ...(await api.captcha()) }
    const asked = { client_address: anAddress() }
    const answers = [
      await send(picture, key),
      await send(picture, key),
      await send({ ...picture, scene: 'login' }, key),
      await send({ mobile, ...(await api.captcha()) }),
      await send({ image_code: 'AB3D', uuid: randomUUID() }),
      await send({ ...(await api.captcha()), image_code: 'ZZZZ' }),
      await send({ ...(await api.captcha()), scene: 'pay' }),
      await send({ proof: 'wrong' }),
      await send({}),
      await send({ mobile: '123', ...(await api.captcha()) }),
      await send({ mobile: LANDLINE, ...(await api.captcha()) }),
      await send({ mobile: '+44 7911 123456', ...(await api.captcha()) }),
      await send({ ...(await api.captcha()), scene: 'none' }),
      await send({ ...(await api.captcha()), limit_key: 'device' }),
      await send({ client_address: 'nowhere' }, bearer('shop')),
      await send(asked, bearer('shop')),
      await send(asked, { authorization: 'Bearer wrong' }),
      await send(asked, bearer('bare')),
      await send(asked, { ...bearer('shop'), origin: 'https://shop.example' }),
      await post('/v1/sms_codes', TOO_LONG),
      await post('/v1/sms_codes', 'text', NO_JSON),
      ...(await inTurn(4, async () => send(await api.captcha(), headers))).slice(3),
      ...(await inTurn(2, async () => send({ proof: await proofOf(api) }, headers))).slice(1),
    ]
    expect(answers[1]?.headers['idempotent-replayed']).toBe('true')
    expect(compare('sendCode', answers)).toEqual(
      named(
        `success success keyReused sentTooOften captchaGone captchaWrong captchaKind proofGone missing mobileWrong landline
       countryNotServed param keyMissing addressWrong success keyWrong keyForbidden keyInPage param param proofNeeded
       tooManyRequests`,
        'keyUnderWay budgetSpent undeliverable busy',
      ),
    )
  })

  it('verifyCode', async () => {
    const mobile = aMobile()
    const { rid, code } = await api.sent(mobile, 'login')
    const headers = from(anAddress())
    const key = idempotent()
    const right = { mobile, sms_code: code, scene: 'login', request_id: rid }
    const wrong = { ...right, sms_code: code === '000000' ? '000001' : '000000' }
    const answers = [
      await verify(wrong),
      await verify(right, key),
      await verify(right, key),
      await verify(wrong, key),
      await post('/v1/sms_codes/verify', { mobile }),
      await verify({ mobile: '123' }),
      await verify({ scene: 'none' }),
      await post('/v1/sms_codes/verify', TOO_LONG),
      await post('/v1/sms_codes/verify', 'text', NO_JSON),
      ...(await inTurn(3, () => verify({}, headers))).slice(2),
    ]
    expect(compare('verifyCode', answers)).toEqual(
      named(
        'codeWrong success success keyReused missing mobileWrong param param param tooManyRequests',
        'keyUnderWay',
      ),
    )
  })

  it('getKeys and redeemReceipt', async () => {
    const port = Number(new URL(await api.app.listen({ port: 0, host: '127.0.0.1' })).port)
    const raw = await sendRaw(port, Buffer.from('GET /.well-known/jwks.json HTTP/1.1\r\nno header\r\n\r\n'))
    const unreadable = { ...raw, headers: Object.fromEntries(raw.headers) }
    const answers = [await call('/.well-known/jwks.json'), unreadable]
    expect(compare('getKeys', answers)).toEqual(named('success param'))
    const mobile = aMobile()
    const receipt = await api.receipt(mobile)
    expect(
      compare('redeemReceipt', [
        await redeem({ receipt, mobile }, bearer('shop')),
        await redeem({ receipt }),
        await redeem({ receipt: 'forged' }),
        await redeem({}),
        await redeem({ receipt, scene: 'none' }),
        await redeem({ receipt, mobile: '123' }),
        await redeem({ receipt }, {}),
        await redeem({ receipt }, bearer('bare')),
        await redeem({ receipt: TOO_LONG }),
        await post('/v1/receipts/redeem', 'text', { ...bearer('shop'), ...NO_JSON }),
      ]),
    ).toEqual(
      named('success receiptUsed receiptWrong missing param mobileWrong keyWrong keyForbidden param param'),
    )
  })

  it('putContact and erasePhone', async () => {
    const puts = [
      await contact(CONTACT),
      await contact({}),
      await contact({ ...CONTACT, email: 'nobody' }),
      await contact(CONTACT, '123'),
      await contact(CONTACT, LANDLINE),
      await contact(CONTACT, '+447911123456'),
      await contact(CONTACT, aMobile(), {}),
      await contact(CONTACT, aMobile(), bearer('bare')),
      await contact(TOO_LONG),
      await contact('text', aMobile(), { ...bearer('shop'), ...NO_JSON }),
    ]
    expect(compare('putContact', puts)).toEqual(
      named('success missing param mobileWrong landline countryNotServed keyWrong keyForbidden param param'),
    )
    const erased = [
      await erase(),
      await erase('123'),
      await erase(aMobile(), {}),
      await erase(aMobile(), bearer('bare')),
      await call(`/v1/contacts/${aMobile()}`, { method: 'DELETE', headers: bearer('shop'), body: '{' }),
    ]
    expect(compare('erasePhone', erased)).toEqual(named('success mobileWrong keyWrong keyForbidden param'))
  })

  it('without Redis, every operation that needs it', async () => {
    const other = await startApiWith({}, { API_KEYS: `shop:${KEYS.shop}` })
    const mobile = aMobile()
    const receipt = await other.receipt(mobile)
    const { rid } = await other.sent(aMobile(), 'login')
    await other.server.stop()
    const body = { mobile, proof: 'x', sms_code: '000000', receipt, scene: 'login' }
    const pick = (...names: (keyof typeof body)[]) =>
      Object.fromEntries(names.map((name) => [name, body[name]]))
    const down: [string, string, Call?][] = [
      ['getImageCode', `/image_codes/${randomUUID()}/`],
      ['getChallenge', '/v1/challenges'],
      ['classicSendCode', `/sms_codes/${mobile}/?uuid=${randomUUID()}&image_code=AB3D`],
      ['sendCode', '/v1/sms_codes', { method: 'POST', body: pick('mobile', 'proof') }],
      ['getStatus', `/v1/sms_codes/${rid}`],
      ['verifyCode', '/v1/sms_codes/verify', { method: 'POST', body: pick('mobile', 'sms_code') }],
      [
        'redeemReceipt',
        '/v1/receipts/redeem',
        { method: 'POST', body: pick('receipt', 'scene'), headers: bearer('shop') },
      ],
      ['putContact', `/v1/contacts/${mobile}`, { method: 'PUT', body: CONTACT, headers: bearer('shop') }],
      ['erasePhone', `/v1/contacts/${mobile}`, { method: 'DELETE', headers: bearer('shop') }],
    ]
    for (const [id, url, options] of down)
      expect([id, read.nameOf(id, await call(url, options, other))]).toEqual([id, 'storeDown'])
    const needing = read.operations.filter(({ operationId }) =>
      read.answersOf(operationId).includes('storeDown'),
    )
    expect(needing.map(({ operationId }) => operationId).toSorted()).toEqual(
      down.map(([id]) => id).toSorted(),
    )
    await other.stop()
  })
})
