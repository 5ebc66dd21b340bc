import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Queue } from 'bullmq'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { seriesIn } from './exposition.ts'
import { aMobile, startSystem, times, wrong, type System } from './system.ts'

const env = {
  SMS_GATEWAYS: 'ccp,tencent,twilio,webhook,aliyun',
  EVENTS_SECRETS: `whsec_${randomBytes(32).toString('base64')}`,
}

const policy = {
  countries: { CN: { locale: 'zh-CN' }, DE: { locale: 'en' } },
  gateways: {
    ccp: { weight: 4 },
    tencent: { weight: 1 },
    twilio: { weight: 1 },
    webhook: { weight: 1 },
  },
  scenes: { default: { fallback: true } },
}

const EMAIL = 'the-owner@mail.example'
/** What the gateways answer to the next sends, one after the other. */
const FAULTS = ['accept_rst', 'html', '160042', 'http_503', 'refuse', '160011', '111109']
/** Answers of a gateway that logs and histories name: accepted, repeated, and the faults. */
const ANSWERS = ['000000', '160054', ...FAULTS]
/** The number of phones that every gateway refuses. Their codes are sent by e-mail. */
const MAILED = 4

let system: System
let mobiles: string[]
let codes: string[]
const bodies: string[] = []
/** The bodies of the events that the application receives. */
const events: string[] = []
const application = createServer((request, response) => {
  request.on('data', (chunk: Buffer) => events.push(chunk.toString()))
  request.on('end', () => response.writeHead(204).end())
})

beforeAll(async () => {
  application.listen(0, '127.0.0.1')
  await once(application, 'listening')
  const address = application.address()
  const EVENTS_URL = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`
  system = await startSystem({
    policy,
    apis: 2,
    workers: 2,
    board: true,
    persistent: true,
    receipts: true,
    env: { ...env, EVENTS_URL },
  })
  const before = wordsIn(await everythingInRedis())
  mobiles = await times(30, async () => aMobile())
  const contact = { email: EMAIL, verified_at: '2026-01-01' }
  for (const mobile of mobiles.slice(0, MAILED))
    bodies.push(JSON.stringify(await system.asBackend('PUT', `/v1/contacts/${mobile}`, contact)))
  const refusals = {
    ccp: '160042',
    tencent: 'InvalidParameterValue.IncorrectPhoneNumber',
    twilio: '21211',
    webhook: 'number',
  }
  for (const [gateway, refusal] of Object.entries(refusals)) await system.fault(refusal, 0, 0, gateway)
  await Promise.all(mobiles.slice(0, MAILED).map((mobile) => system.send(mobile)))
  await vi.waitUntil(async () => (await system.mails(EMAIL)).length === MAILED, { timeout: 60_000 })
  for (const gateway of Object.keys(refusals)) await system.clearFaults(gateway)
  for (const fault of FAULTS) await system.fault(fault)
  const sent = await Promise.all(mobiles.slice(MAILED).map((mobile) => system.send(mobile)))
  // The number has eleven digits without its country, so no time and no measured value has them by chance.
  for (const mobile of await times(4, async (i) => `+491511827364${i}`)) {
    sent.push(await system.post('/v1/sms_codes', { mobile, ...(await system.captcha()) }))
    mobiles.push(mobile)
  }
  await vi.waitUntil(async () => (await system.open()) === 0, { timeout: 60_000 })
  const mailed = (await system.mails(EMAIL)).map(({ code }) => String(code))
  const ordinary = new Set([...ANSWERS, ...before])
  codes = [...(await system.outbox()).map(({ code }) => code), ...mailed].filter(
    // A code that equals an answer of a gateway or the id of a process cannot be told from it.
    (code) => !ordinary.has(code),
  )
  for (const { to, code } of await system.outbox()) {
    const rid = sent[mobiles.indexOf(to) - MAILED]?.body['request_id']
    bodies.push(JSON.stringify(await system.verify(to, wrong(code), { request_id: rid })))
    const { body } = await system.verify(to, code, { request_id: rid })
    const proof = { receipt: body['receipt'], scene: 'default' }
    bodies.push(JSON.stringify([body, await system.asBackend('POST', '/v1/receipts/redeem', proof)]))
    bodies.push(JSON.stringify(await system.call(`/v1/sms_codes/${String(rid)}`)))
    bodies.push(JSON.stringify(await system.asBackend('PUT', `/v1/contacts/${to}`, contact)))
  }
  // Error answers must not contain secrets either.
  bodies.push(JSON.stringify(await system.send(mobiles[0] ?? '')))
  bodies.push(JSON.stringify(await system.call(`/sms_codes/${mobiles[0]}x/`)))
  bodies.push(JSON.stringify(await system.post('/v1/sms_codes', { mobile: mobiles[0], code: codes[0] })))
  await system.redis.set('{sms}:sms:wait', 'not a list')
  bodies.push(JSON.stringify(await system.send(aMobile())))
  await system.redis.del('{sms}:sms:wait')
  // A job that does not come from the API.
  const queue = new Queue('sms', { connection: { url: system.redisServer().url }, prefix: '{sms}' })
  const unknown = await queue.add('send', { v: 1, rid: 'x', scene: 'default', n: 1, to: 'y' })
  await vi.waitUntil(() => unknown.isFailed(), { timeout: 60_000 })
  await queue.close()
})
afterAll(async () => {
  await system.stop()
  application.close()
})

const wordsIn = (text: string) => text.replaceAll(/%[0-9A-Fa-f]{2}/g, ' ').split(/[^0-9A-Za-z]+/)

/** Returns the secrets that this text contains. Longer numbers and ids may have the digits of a code by chance. */
function leaks(text: string): string[] {
  const words = new Set(wordsIn(text))
  return [
    ...[...mobiles, EMAIL].filter((secret) => text.includes(secret.replace('+49', ''))),
    ...codes.filter((code) => words.has(code)),
  ]
}

/** A key may expire before it is read. */
const textOf = (dump: Buffer | null) => dump?.toString('latin1') ?? ''

/** The text of a file, or nothing: after a rewrite Redis deletes the files that the new ones replace. */
const textOfFile = (path: string) => (existsSync(path) ? readFileSync(path, 'latin1') : '')

async function everythingInRedis(): Promise<string> {
  const parts: string[] = []
  for (const key of await system.redis.keys('*')) {
    parts.push(key, await system.redis.dumpBuffer(key).then(textOf))
    const type = await system.redis.type(key)
    if (type === 'hash') parts.push(JSON.stringify(await system.redis.hgetall(key)))
    if (type === 'zset') parts.push((await system.redis.zrange(key, 0, '-1')).join())
    if (type === 'stream') parts.push(JSON.stringify(await system.redis.xrange(key, '-', '+')))
    if (type === 'string') parts.push(String(await system.redis.get(key)))
    if (type === 'list') parts.push((await system.redis.lrange(key, 0, -1)).join())
  }
  return parts.join('\n')
}

describe('no code, full number or e-mail address', () => {
  it('escapes this test: the outbox contains all of them', async () => {
    expect(codes.length).toBeGreaterThan(20)
    expect(leaks(JSON.stringify(await system.outbox())).length).toBeGreaterThan(40)
  })

  it('is in Redis: keys, values, jobs, events', async () => {
    const text = await everythingInRedis()
    for (const what of [
      '{sms}:sms:events',
      '{sms}:email:',
      '{sms}:events:',
      '}:contact',
      '}:redeemed',
      '}:message',
    ])
      expect(text).toContain(what)
    expect(leaks(text)).toEqual([])
  })

  it('is in Redis, and no client address either', async () => {
    const keys = await system.redis.keys('*')
    expect(keys.filter((name) => name.includes(':att:')).length).toBeGreaterThan(20)
    // system.ts makes each call from another address of 10.0.0.0/8.
    expect(await everythingInRedis()).not.toMatch(/\b10\.\d{1,3}\.\d{1,3}\.\d{1,3}\b/)
  })

  it('is in the files that Redis writes', async () => {
    const dir = system.redisServer().dir
    const written = () =>
      readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => textOfFile(join(parentPath, name)))
        .join('\n')
    const before = written()
    await system.redis.bgrewriteaof()
    await expect
      .poll(() => system.redis.info('persistence'))
      .toMatch(/^aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0\r$/m)
    for (const text of [before, written()]) {
      expect(text).toContain('sms:{')
      expect(leaks(text)).toEqual([])
    }
  })

  it('is in the log of any process', () => {
    const lines = system.logs.filter(({ app }) => app !== 'simulator').map(({ line }) => line)
    expect(lines.some((line) => line.includes('"sent"'))).toBe(true)
    expect(lines.some((line) => line.includes('"level":"error"'))).toBe(true)
    expect(leaks(lines.join('\n'))).toEqual([])
  })

  it('is in the events for the application', async () => {
    await expect
      .poll(() => new Set(Array.from(events.join('').matchAll(/"status":"(\w+)"/g), ([, status]) => status)))
      .toEqual(new Set(['sent', 'delivered', 'fell_back', 'failed']))
    expect(leaks(events.join('\n'))).toEqual([])
  })

  it('is in the metrics', async () => {
    const urls = [...system.apis, ...system.workers].map(({ opsUrl }) => `${opsUrl}/metrics`)
    const text = (await Promise.all(urls.map(async (url) => (await fetch(url)).text()))).join('\n')
    expect(text).toContain('sms_sends_ended_total{status="sent"')
    // A value has six digits by chance, such as those of a fraction of a second. So only the names and labels are read.
    expect(leaks(seriesIn(text).join('\n'))).toEqual([])
  })

  it('is on the board', async () => {
    const authorization = `Basic ${Buffer.from(`operator:${system.env['BOARD_PASSWORD']}`).toString('base64')}`
    const read = async (path: string) =>
      (await fetch(`${system.boardUrl}${path}`, { headers: { authorization } })).text()
    const statuses = ['latest', 'completed', 'failed', 'waiting', 'active', 'delayed']
    const pages = ['sms', 'email', 'events'].flatMap((queue) =>
      statuses.map((status) =>
        read(`/api/queues?activeQueue=${queue}&status=${status}&page=1&jobsPerPage=100`),
      ),
    )
    const overview = await read('/messages?period=1h')
    const requests = [...overview.matchAll(/href="(\/messages\/requests\/([^."]+)[^"]*)"/g)]
    expect(requests.length).toBeGreaterThan(0)
    const histories = requests.flatMap(([, path = '', ph = '']) => [path, `/messages/phones/${ph}`])
    const shown = await Promise.all([read('/'), ...pages, ...histories.map(read)])
    const text = [...shown, overview].join('\n')
    expect(text).toContain('137****')
    expect(text).toContain('+49****')
    expect(leaks(text)).toEqual([])
  })

  it('is in an answer, or in the payload of a receipt', () => {
    expect(bodies.length).toBeGreaterThan(60)
    const unpacked = bodies
      .join('\n')
      .split(/[^\w-]+/)
      .map((part) => Buffer.from(part, 'base64url').toString())
    expect(unpacked.filter((text) => text.includes('"scene"')).length).toBeGreaterThan(20)
    expect(leaks([...bodies, ...unpacked].join('\n'))).toEqual([])
  })

  it('is in any of these places, and neither is a secret of the configuration', async () => {
    const secrets = [
      system.env['PHONE_KEY'],
      system.env['CODE_KEYS']?.split(':')[1],
      system.env['CCP_AUTH_TOKEN'],
      system.env['TENCENT_SECRET_KEY'],
      system.env['TWILIO_AUTH_TOKEN'],
      system.env['ALIYUN_ACCESS_KEY_SECRET'],
      system.env['WEBHOOK_SECRETS']?.slice(6),
      system.env['EVENTS_SECRETS']?.slice(6),
      system.env['CALLBACK_TOKEN'],
      system.env['BOARD_PASSWORD'],
      system.env['BOARD_WRITER_PASSWORD'],
      system.env['API_KEYS']?.split(':')[1],
    ]
    const logs = system.logs.map(({ line }) => line).join('\n')
    const text = [logs, await everythingInRedis(), ...bodies].join('\n')
    expect(secrets.filter((secret) => secret === undefined || text.includes(secret))).toEqual([])
  })
})
