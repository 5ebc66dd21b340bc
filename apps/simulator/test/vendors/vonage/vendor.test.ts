import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { part } from '../../requests/request.ts'
import { vonageRequest, type VonageSend } from '../../requests/vonage.ts'
import { anyText, startSimulator, textLike, type Simulator } from '../../running-simulator.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

const send = (fields: Record<string, unknown> = {}) => simulator.request(vonageRequest({ fields }))

test('a message is accepted, and the outbox lists it', async () => {
  const answer = await send({ to: '85290000000', ttl: 300_000 })
  expect([answer.status, JSON.parse(answer.body)]).toEqual([
    200,
    {
      'message-count': '1',
      messages: [
        {
          to: '85290000000',
          'message-id': textLike(/^[\dA-F]{16}$/),
          status: '0',
          'remaining-balance': anyText,
          'message-price': anyText,
          network: anyText,
          'client-ref': 'job-1',
        },
      ],
    },
  ])
  expect(await simulator.outbox('+85290000000')).toMatchObject([
    {
      number: '+85290000000',
      country: 'HK',
      code: '123456',
      minutes: 5,
      gateway: 'vonage',
      echo: 'job-1',
      sender: 'Demo',
      template: null,
      sign_name: null,
    },
  ])
})

test.each<[string, VonageSend, string]>([
  ['a wrong secret', { secret: 'another' }, '4'],
  ['an unknown key', { user: 'unknown' }, '4'],
  ['a body that is not JSON', { body: '{"to":' }, '3'],
  ['a body of another content type', { contentType: 'text/plain' }, '3'],
  ['no number', { fields: { to: undefined } }, '2'],
  ['no sender', { fields: { from: undefined } }, '2'],
  ['no text', { fields: { text: '' } }, '2'],
  ['a plus before the number', { fields: { to: '+8613800138000' } }, '3'],
  ['a number that is too short', { fields: { to: '86' } }, '3'],
  ['an unknown sender', { fields: { from: 'Example' } }, '15'],
  ['letters as the sender to a number of North America', { fields: { to: '12025550123' } }, '15'],
  ['a text of 3201 characters', { fields: { text: 'x'.repeat(3201) } }, '12'],
  ['an unknown type', { fields: { type: 'fax' } }, '3'],
  ['a ttl of one second', { fields: { ttl: 1000 } }, '3'],
  ['a client-ref of 101 characters', { fields: { 'client-ref': 'x'.repeat(101) } }, '3'],
  ['a callback that is not a URL', { fields: { callback: 'callbacks' } }, '23'],
])('%s is refused and sends nothing', async (_name, request, status) => {
  const answer = await simulator.request(vonageRequest(request))
  expect(answer.status).toBe(200)
  expect(part(answer, 'messages')).toEqual([{ status, 'error-text': anyText }])
  expect(await simulator.outbox()).toEqual([])
})

test.each([
  ['unicode', '您的验证码是123456。', '您的验证码是123456。'],
  ['text', 'Your code is 123456. ', 'Your code is 123456. '],
  ['text', '码123456。', '?123456?'],
])('a message of the type %s with "%s" shows "%s"', async (type, text, shown) => {
  await send({ type, text })
  expect(await simulator.outbox()).toMatchObject([{ text: shown, code: '123456' }])
})

test('the same client-ref twice sends two messages', async () => {
  await send()
  await send()
  expect(await simulator.outbox()).toMatchObject([{ echo: 'job-1' }, { echo: 'job-1' }])
})
