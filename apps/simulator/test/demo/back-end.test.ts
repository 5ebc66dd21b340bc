import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { startSimulator, type Simulator } from '../running-simulator.ts'

const KEY = 'k'.repeat(43)
const CONTACT = { mobile: '13800138000', email: 'li.lei@example.com' }

let simulator: Simulator
let stop = () => {}
afterEach(async () => {
  await simulator.close()
  stop()
})

/** Starts a server in place of the API that gives one answer and keeps the requests. */
async function listenAsApi(status: number, body: string) {
  const asked: { request: IncomingMessage; body: string }[] = []
  async function answer(request: IncomingMessage, response: ServerResponse) {
    asked.push({ request, body: await text(request) })
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  }
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  stop = () => server.close()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { url: `http://127.0.0.1:${port}`, asked }
}

const post = (path: string, body: unknown) =>
  fetch(`${simulator.url}/demo/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'accept-language': 'en' },
    body: JSON.stringify(body),
  })
const store = (body: unknown) => post('contact', body)
const RECEIPT = { receipt: 'a.b.c', mobile: '13800138000', scene: 'default' }

test('the address reaches the API with the API key, which the page never sees', async () => {
  const api = await listenAsApi(204, '')
  simulator = await startSimulator({ API_URL: `${api.url}/`, DEMO_API_KEY: KEY })
  expect(await simulator.get('/config.json')).toMatchObject({ plays_back_end: true })
  expect(JSON.stringify(await simulator.get('/config.json'))).not.toContain(KEY)
  expect((await store(CONTACT)).status).toBe(204)
  expect(api.asked.map(({ request }) => `${request.method} ${request.url}`)).toEqual([
    'PUT /v1/contacts/13800138000',
  ])
  expect(api.asked[0]?.request.headers).toMatchObject({
    authorization: `Bearer ${KEY}`,
    'accept-language': 'en',
  })
  expect(api.asked[0]?.body).toMatch(/^\{"email":"li\.lei@example\.com","verified_at":"20[^"]+Z"\}$/)
})

test('a refusal of the API is passed on to the page', async () => {
  const refusal = { code: '5006', errmsg: 'Wrong parameter' }
  const api = await listenAsApi(400, JSON.stringify(refusal))
  simulator = await startSimulator({ API_URL: api.url, DEMO_API_KEY: KEY })
  const answer = await store(CONTACT)
  expect(answer.status).toBe(400)
  expect(await answer.json()).toEqual(refusal)
})

test('a receipt is redeemed with the API key, and the page gets the answer and its status', async () => {
  const redeemed = { code: '0', errmsg: 'OK', subject: 'p1', scene: 'default' }
  const api = await listenAsApi(200, JSON.stringify(redeemed))
  simulator = await startSimulator({ API_URL: `${api.url}/`, DEMO_API_KEY: KEY })
  const answer = await post('redeem', RECEIPT)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual(redeemed)
  const [asked] = api.asked
  expect(`${asked?.request.method} ${asked?.request.url}`).toBe('POST /v1/receipts/redeem')
  expect(asked?.request.headers).toMatchObject({ authorization: `Bearer ${KEY}` })
  expect(JSON.parse(asked?.body ?? '')).toEqual(RECEIPT)
})

test('an API without a valid answer is named in a 502', async () => {
  const api = await listenAsApi(200, 'hello')
  simulator = await startSimulator({ API_URL: api.url, DEMO_API_KEY: KEY })
  const answer = await store(CONTACT)
  expect(answer.status).toBe(502)
  expect(await answer.json()).toEqual({
    error: `the API at ${api.url} did not give a valid answer`,
  })
})

test('a number of another country is stored as it is', async () => {
  const api = await listenAsApi(204, '')
  simulator = await startSimulator({ API_URL: api.url, DEMO_API_KEY: KEY })
  expect((await store({ ...CONTACT, mobile: '+85290000000' })).status).toBe(204)
  expect(api.asked[0]?.request.url).toBe('/v1/contacts/%2B85290000000')
})

test('an invalid mobile is refused, and without an API key both routes are off', async () => {
  simulator = await startSimulator({ DEMO_API_KEY: KEY })
  expect((await store({ ...CONTACT, mobile: '../receipts' })).status).toBe(400)
  await simulator.close()
  simulator = await startSimulator()
  for (const answer of [await store(CONTACT), await post('redeem', RECEIPT)]) {
    expect(answer.status).toBe(404)
    expect(await answer.json()).toEqual({ error: 'DEMO_API_KEY is not set' })
  }
})
