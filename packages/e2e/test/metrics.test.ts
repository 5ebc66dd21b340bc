import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { ensurePrometheus } from '@sms-codes/test-servers/prometheus'
import { describeMetrics, seriesIn } from './exposition.ts'
import { STRICT_DEADLINE } from './system-env.ts'
import { aMobile, ROOT, startSystem, wrong, type System } from './system.ts'

const GATEWAYS = ['ccp', 'aliyun', 'tencent', 'huawei']
/** The numbers that begin with these digits are routed to the gateway. No other number of this test begins with them. */
const segmentOf = (gateway: string) => `15${GATEWAYS.indexOf(gateway)}`
const MOST_SERIES = 200
const PATIENCE = { timeout: 30_000, interval: 200 }

/** The application that gets the events. */
const application = createServer((request, response) => {
  request.resume()
  response.writeHead(204).end()
})

let system: System
let scraped: Record<'api' | 'worker' | 'board', string>
let promtool: string
beforeAll(async () => {
  ;({ promtool } = await ensurePrometheus(console.log))
})
beforeAll(async () => {
  application.listen(0, '127.0.0.1')
  await once(application, 'listening')
  const address = application.address()
  system = await startSystem({
    board: true,
    receipts: true,
    env: {
      SMS_GATEWAYS: GATEWAYS.join(','),
      EVENTS_URL: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`,
      EVENTS_SECRETS: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    },
    policy: {
      scenes: { default: {}, login: {}, payment: { fallback: true } },
      gateways: Object.fromEntries(GATEWAYS.map((name) => [name, { weight: 1 }])),
      routes: GATEWAYS.map((gateway) => ({ segments: [`+86${segmentOf(gateway)}`], gateway })),
      budget: { messages: ['1000/1h', '5000/24h'] },
      limits: { address: { attempts: ['4/60s'] } },
      api_keys: { shop: { scopes: ['send', 'redeem', 'contacts'] } },
      lists: { deny: ['1390012', '192.0.2.9'], allow: ['1390013', '192.0.2.10'] },
    },
  })
  await visitEveryRoute()
  await sendThroughEveryGateway()
  await refuse()
  await useBoard()
  await vi.waitUntil(async () => (await system.open('sms', 'email', 'events')) === 0, PATIENCE)
  scraped = await scrape(system)
})
afterAll(async () => {
  await system.stop()
  application.close()
})

const from = (ip: string) => ({ headers: { 'x-forwarded-for': ip } })
async function sendFrom(ip: string, mobile = aMobile(), scene = 'default') {
  const body = JSON.stringify({ mobile, scene, ...(await system.captcha()) })
  const headers = { ...from(ip).headers, 'content-type': 'application/json' }
  return system.call('/v1/sms_codes', { method: 'POST', body, headers })
}

async function visitEveryRoute(): Promise<void> {
  const api = system.apis[0]?.url ?? ''
  for (const path of ['/docs', '/openapi.json', '/.well-known/jwks.json', '/image_codes/a-uuid/', '/nothing'])
    await (await fetch(`${api}${path}`, from('10.9.0.1'))).arrayBuffer()
  for (const method of ['HEAD', 'OPTIONS']) await fetch(`${api}/docs`, { method })
  await system.call('/v1/challenges')
  const mobile = aMobile()
  const contact = { email: 'owner@mail.example', verified_at: '2026-01-01' }
  expect((await system.asBackend('PUT', `/v1/contacts/${mobile}`, contact)).status).toBe(204)
  const { body } = await system.send(mobile)
  await vi.waitUntil(async () => (await system.outbox(mobile)).length === 1, PATIENCE)
  const code = (await system.outbox(mobile))[0]?.code ?? ''
  await system.call(`/v1/sms_codes/${String(body['request_id'])}`)
  await system.verify(mobile, wrong(code))
  const verified = await system.verify(mobile, code)
  for (const receipt of [verified.body['receipt'], 'wrong'])
    await system.asBackend('POST', '/v1/receipts/redeem', { receipt, scene: 'default' })
  await system.asBackend('DELETE', `/v1/contacts/${mobile}`)
  const client_address = '192.0.2.20'
  const wanted = { mobile: aMobile(), client_address }
  expect((await system.asBackend('POST', '/v1/sms_codes', wanted)).status).toBe(202)
}

/** Sends until every gateway has a message, a delivery receipt and a verified code, and until a mail has left. */
async function sendThroughEveryGateway(): Promise<void> {
  const text = async () => (await fetch(`${system.apis[0]?.opsUrl}/metrics`)).text()
  const seconds = (name: string) => new RegExp(`sms_receipt_seconds_count\\{.*gateway="${name}"`)
  const lacking = async () => {
    const found = await text()
    return GATEWAYS.filter(
      (name) => !found.includes(`sms_codes_used_total{gateway="${name}"`) || !seconds(name).test(found),
    )
  }
  // A delivery receipt that comes before the worker has recorded the send is not timed by the API. So one message for each
  // gateway may not be enough.
  for (let tries = 0; tries < 60; tries++) {
    const [gateway] = await lacking()
    if (gateway === undefined) break
    const mobile = segmentOf(gateway) + aMobile().slice(3)
    await system.send(mobile)
    await vi.waitUntil(async () => (await system.outbox(mobile)).length === 1, PATIENCE)
    await system.verify(mobile, (await system.outbox(mobile))[0]?.code ?? '')
  }
  await vi.waitUntil(async () => (await lacking()).length === 0, PATIENCE)
  // No gateway accepts this message, so the code goes by e-mail.
  const mobile = aMobile()
  const email = 'second@mail.example'
  await system.asBackend('PUT', `/v1/contacts/${mobile}`, { email, verified_at: '2026-01-01' })
  for (const name of GATEWAYS) await system.fault('http_503', 9, 0, name)
  await sendFrom('10.9.1.1', mobile, 'payment')
  await vi.waitUntil(async () => (await system.mails(email)).length === 1, { timeout: 60_000 })
  for (const name of GATEWAYS) await system.clearFaults(name)
  const [mail] = await system.mails(email)
  await system.verify(mobile, String(mail?.['code']), { scene: 'payment' })
}

/** Gets every kind of refusal that needs no outage. */
async function refuse(): Promise<void> {
  for (const mobile of ['13900120001', '13900130001']) await sendFrom('10.9.2.1', mobile)
  for (const ip of ['192.0.2.9', '192.0.2.10']) await sendFrom(ip)
  const asker = from('10.9.3.1')
  for (let i = 0; i < 6; i++) await system.call(`/sms_codes/${aMobile()}/?image_code=no&uuid=no-such`, asker)
  for (const path of ['/sms_codes/12/', `/sms_codes/${aMobile()}/`]) await system.call(path)
  await system.call('/v1/sms_codes', { method: 'POST', body: 'no JSON' })
  await system.post('/v1/sms_codes', { mobile: aMobile(), scene: 'default', proof: 'none' })
}

const login = (password: string | undefined) => ({
  authorization: `Basic ${Buffer.from(`writer:${password}`).toString('base64')}`,
})

async function useBoard(): Promise<void> {
  const headers = login(system.env['BOARD_WRITER_PASSWORD'])
  const urls = ['/', '/livez', '/readyz', '/metrics', '/api/queues', '/queue/sms', '/job-schedulers']
  for (const url of [...urls, '/metrics-history', '/static/images/logo.svg', '/nothing'])
    await fetch(`${system.boardUrl}${url}`, { headers })
  await fetch(`${system.boardUrl}/`, { headers: login('a wrong password') })
  for (const act of ['pause', 'resume', 'obliterate'])
    await fetch(`${system.boardUrl}/api/queues/events/${act}`, { method: 'PUT', headers })
}

async function scrape({ apis, workers, boardUrl, env }: System) {
  const textOf = async (url = '', headers = {}) => (await fetch(`${url}/metrics`, { headers })).text()
  return {
    api: await textOf(apis[0]?.opsUrl),
    worker: await textOf(workers[0]?.opsUrl),
    board: await textOf(boardUrl, login(env['BOARD_WRITER_PASSWORD'])),
  }
}

describe.each(['api', 'worker', 'board'] as const)(
  'the metrics of the %s, after every route and refusal',
  (app) => {
    it('have names and types as promtool wants them', () => {
      // promtool prints what it finds and exits with 3.
      expect(execFileSync(promtool, ['check', 'metrics'], { input: scraped[app], encoding: 'utf8' })).toBe('')
    })

    it(`are at most ${MOST_SERIES} series`, () => {
      const series = seriesIn(scraped[app])
      console.log(`${app}: ${series.length} series`)
      expect(series.length).toBeLessThanOrEqual(MOST_SERIES)
      expect(new Set(series).size).toBe(series.length)
    })

    it('say that the process is ready', () => {
      expect(scraped[app]).toContain(`sms_ready{app="${app}"} 1\n`)
    })
  },
)

it('the table of docs/operations.md has every metric, with its type, processes, labels and meaning', () => {
  const table =
    readFileSync(join(ROOT, 'docs/operations.md'), 'utf8').match(/^\| `[a-z_0-9]+` \| .* \|$/gm) ?? []
  const documented = table.filter((row) => /^\| `(sms|process|nodejs)_/.test(row))
  expect(documented.map((row) => row.replace(/ +/g, ' '))).toEqual(describeMetrics(scraped))
})

it('while Redis hangs, every process still answers a scrape, and says that it is not ready', async () => {
  const strict = await startSystem({ board: true, env: STRICT_DEADLINE })
  onTestFinished(() => strict.stop())
  const { pid } = strict.redisServer()
  process.kill(pid, 'SIGSTOP')
  const found = await scrape(strict).finally(() => process.kill(pid, 'SIGCONT'))
  for (const [app, text] of Object.entries(found)) expect(text).toContain(`sms_ready{app="${app}"} 0\n`)
  const areReady = async () =>
    Object.entries(await scrape(strict)).every(([app, text]) => text.includes(`sms_ready{app="${app}"} 1\n`))
  await expect.poll(areReady, PATIENCE).toBe(true)
})
