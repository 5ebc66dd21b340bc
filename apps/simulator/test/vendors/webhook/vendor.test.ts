import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import vectors from '../../fixtures/signatures.json' with { type: 'json' }
import { WEBHOOK_SECRET, webhookRequest, type WebhookSend } from '../../requests/webhook.ts'
import { startSimulator, type Simulator } from '../../running-simulator.ts'

const OTHER_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

const send = (message: WebhookSend = {}) => simulator.request(webhookRequest(message))

test('the known example is accepted at the time of its timestamp', async () => {
  const { input, expect: wanted } = vectors['standard-webhooks-sms']
  await simulator.advance(Number(input['webhook-timestamp']) * 1000 - Date.now())
  const answer = await simulator.request({
    path: '/webhook',
    headers: {
      'content-type': 'application/json',
      'webhook-id': input['webhook-id'],
      'webhook-timestamp': input['webhook-timestamp'],
      'webhook-signature': wanted['webhook-signature'],
    },
    body: input.body,
  })
  expect(answer.status).toBe(200)
  expect(JSON.parse(answer.body)).toEqual({ id: input['webhook-id'] })
  expect(await simulator.outbox('13800138000')).toMatchObject([
    { code: '123456', minutes: 5, gateway: 'webhook', echo: input['webhook-id'] },
  ])
})

test('one valid signature of several is enough, for either of two configured secrets', async () => {
  const two = await startSimulator({ WEBHOOK_SECRETS: `${OTHER_SECRET}, ${WEBHOOK_SECRET}` })
  for (const secrets of [[WEBHOOK_SECRET], [OTHER_SECRET], [OTHER_SECRET, WEBHOOK_SECRET]])
    expect((await two.request(webhookRequest({ secrets }))).status).toBe(200)
  await two.close()
  expect((await send({ secrets: [OTHER_SECRET, WEBHOOK_SECRET] })).status).toBe(200)
})

test('an id is accepted once a day, even for another message', async () => {
  const at = Date.now()
  expect((await send({ id: 'a' })).status).toBe(200)
  expect((await send({ id: 'a', to: '+8613900139000' })).status).toBe(409)
  await simulator.advance(86_400_000)
  expect((await send({ id: 'a', at: at + 86_400_000 })).status).toBe(200)
  expect(await simulator.outbox()).toHaveLength(2)
})

test('the outbox lists the template and the locale of the message', async () => {
  await send({ to: '+85290000000', locale: 'zh-HK' })
  await send()
  expect(await simulator.outbox()).toMatchObject([
    { number: '+85290000000', country: 'HK', template: 'login', locale: 'zh-HK', sign_name: null },
    { number: '+8613800138000', locale: null },
  ])
})

test('a refused request does not use up its id', async () => {
  expect((await send({ id: 'a', to: 'invalid' })).status).toBe(422)
  expect((await send({ id: 'a' })).status).toBe(200)
})

test.each<[string, WebhookSend, number]>([
  ['a wrong signature', { secrets: [OTHER_SECRET] }, 401],
  ['no signature', { secrets: [] }, 401],
  ['no id', { headers: { 'webhook-id': '' } }, 401],
  ['an id that is not the signed one', { headers: { 'webhook-id': 'b' } }, 401],
  ['a timestamp that is 301 seconds old', { shiftMs: -301_000 }, 401],
  ['a timestamp that is 310 seconds ahead', { shiftMs: 310_000 }, 401],
  ['a body of another content type', { contentType: 'text/plain' }, 415],
  ['a body that is not JSON', { body: '{"id":' }, 400],
  ['no code', { params: { minutes: '5' } }, 400],
  ['no minutes', { params: { code: '123456' } }, 400],
  ['an invalid number', { to: '+0' }, 422],
])('%s is refused and sends nothing', async (_name, message, status) => {
  expect((await send(message)).status).toBe(status)
  expect(await simulator.outbox()).toEqual([])
})

test('a refusal because of the number names that class', async () => {
  expect(JSON.parse((await send({ to: '+0' })).body)).toEqual({ class: 'number' })
})
