import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { part } from '../../requests/request.ts'
import {
  TWILIO_KEY,
  TWILIO_KEY_SECRET,
  twilioList,
  twilioRequest,
  TWILIO_SID,
  type TwilioSend,
} from '../../requests/twilio.ts'
import { anyText, startSimulator, textLike, type Simulator } from '../../running-simulator.ts'

const MINUTE_MS = 60_000
const TEXT = '您的验证码是123456，请于5分钟内正确输入。'

let simulator: Simulator
beforeAll(async () => {
  // A message lands when a test moves the clock, and on a slow machine not before.
  simulator = await startSimulator({ SIMULATOR_RECEIPT_DELAY_MS: String(MINUTE_MS) })
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

const send = (fields: TwilioSend['fields'] = {}) => simulator.request(twilioRequest({ fields }))

test('a message is accepted with 201, and the outbox lists its code and minutes', async () => {
  const answer = await send({
    StatusCallback: 'https://sms.example.com/callbacks?echo=job-1',
    ValidityPeriod: '240',
  })
  expect(answer.status).toBe(201)
  expect(JSON.parse(answer.body)).toMatchObject({
    sid: textLike(/^SM[0-9a-f]{32}$/),
    account_sid: TWILIO_SID,
    status: 'queued',
    to: '+8613800138000',
    from: '+15005550006',
    body: TEXT,
    error_code: null,
    date_sent: null,
  })
  expect(await simulator.outbox('13800138000')).toMatchObject([
    {
      code: '123456',
      minutes: 5,
      gateway: 'twilio',
      text: TEXT,
      echo: 'job-1',
      number: '+8613800138000',
      sender: '+15005550006',
      template: null,
      locale: null,
    },
  ])
})

test.each([
  ['您的验证码是1234，请于10分钟内正确输入。\n\n@example.com #1234', '1234', 10],
  ['Your code is 12345678. It is valid for 2 minutes.', '12345678', 2],
  ['Nothing to read here', '', 0],
])('in the text "%s" the code is "%s" and the minutes are %i', async (text, code, minutes) => {
  await send({ Body: text })
  expect(await simulator.outbox()).toMatchObject([{ code, minutes }])
})

test.each<[string, TwilioSend, number, number]>([
  ['a wrong token', { token: 'another' }, 401, 20003],
  ['no credentials', { authorization: '' }, 401, 20003],
  ['credentials of another scheme', { authorization: 'Bearer x' }, 401, 20003],
  ['another account in the path', { sid: 'AC11111111111111111111111111111111' }, 404, 20404],
  [
    'letters in From to a number of North America',
    { fields: { From: 'Demo', To: '+12025550123' } },
    400,
    21612,
  ],
  ['a wrong secret of the API key', { user: TWILIO_KEY, token: 'another' }, 401, 20003],
  ['an unknown API key', { user: 'SK1', token: TWILIO_KEY_SECRET }, 401, 20003],
  ['the token with the API key', { user: TWILIO_KEY }, 401, 20003],
  ['no To', { fields: { To: undefined } }, 400, 21604],
  ['a To without its country code', { fields: { To: '13800138000' } }, 400, 21211],
  ['no From', { fields: { From: undefined } }, 400, 21603],
  ['letters in From that do not belong to the account', { fields: { From: 'Example' } }, 400, 21212],
  ['a From number of another account', { fields: { From: '+15005550007' } }, 400, 21606],
  ['another messaging service', { fields: { MessagingServiceSid: 'MG1' } }, 400, 21606],
  ['no Body', { fields: { Body: undefined } }, 400, 21602],
  ['a Body of 1601 characters', { fields: { Body: 'x'.repeat(1601) } }, 400, 21617],
  ['a StatusCallback that is not a URL', { fields: { StatusCallback: 'callbacks' } }, 400, 21609],
  ['a ValidityPeriod of 0 seconds', { fields: { ValidityPeriod: '0' } }, 400, 20001],
])('%s is refused and sends nothing', async (_name, request, status, code) => {
  const answer = await simulator.request(twilioRequest(request))
  expect(answer.status).toBe(status)
  expect(JSON.parse(answer.body)).toEqual({
    code,
    message: anyText,
    more_info: `https://www.twilio.com/docs/errors/${code}`,
    status,
  })
  expect(await simulator.outbox()).toEqual([])
})

test('a messaging service of the account is accepted instead of From', async () => {
  const sid = 'MG00000000000000000000000000000001'
  const answer = await send({ From: undefined, MessagingServiceSid: sid })
  expect(answer.status).toBe(201)
  expect(JSON.parse(answer.body)).toMatchObject({ from: null, messaging_service_sid: sid })
  expect(await simulator.outbox()).toMatchObject([{ sender: sid }])
})

test('an API key sends for its account and lists its messages', async () => {
  const key = { user: TWILIO_KEY, token: TWILIO_KEY_SECRET }
  const answer = await simulator.request(twilioRequest(key))
  expect([answer.status, part(answer, 'account_sid')]).toEqual([201, TWILIO_SID])
  const list = await simulator.request(twilioList('To=%2B8613800138000', key))
  expect(part(list, 'messages')).toMatchObject([{ sid: part(answer, 'sid'), from: '+15005550006' }])
})

test('the same message twice sends two messages', async () => {
  await send()
  await send()
  expect(await simulator.outbox()).toHaveLength(2)
})

test('the list filters by number and day, newest first', async () => {
  const first = part(await send(), 'sid')
  await simulator.post('/_sim/script', { gateway: 'twilio', fault: 'undelivered' })
  const second = part(await send(), 'sid')
  const list = async (search: string) => part(await simulator.request(twilioList(search)), 'messages')
  const today = new Date().toISOString().slice(0, 10)
  expect(await list(`To=%2B8613800138000&DateSent>=${today}`)).toMatchObject([
    { sid: second, status: 'sent' },
    { sid: first, status: 'sent' },
  ])
  await simulator.advance(MINUTE_MS)
  expect(await list('To=%2B8613800138000')).toMatchObject([
    { sid: second, status: 'undelivered', error_code: 30_003 },
    { sid: first, status: 'delivered' },
  ])
  expect(await list('To=%2B8613900139000')).toEqual([])
  expect(await list('DateSent>=2999-01-01')).toEqual([])
  expect(await list('DateSent=2020-01-01')).toEqual([])
})

test.each([
  ['https://sms.example.com/callbacks?job=1&of=2', 'job=1&of=2'],
  ['https://sms.example.com/callbacks?key=k&echo=job-1', 'job-1'],
  ['https://sms.example.com/callbacks', null],
])('for the StatusCallback %s the echo is %j', async (StatusCallback, echo) => {
  await send({ StatusCallback })
  expect(await simulator.outbox()).toMatchObject([{ echo }])
})

test('a sender of letters is accepted when it belongs to the account', async () => {
  expect((await send({ From: 'Demo', To: '+447400123456' })).status).toBe(201)
  expect(await simulator.outbox('+447400123456')).toMatchObject([{ sender: 'Demo', country: 'GB' }])
})
