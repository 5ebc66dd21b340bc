import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Queue } from 'bullmq'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { aMobile, startSystem, times, wrong, type System } from './system.ts'

// Ten digits, so that none of them stands anywhere by chance.
const env = { CODE_LENGTH: '10' }

const EMAIL = 'the-owner@mail.example'

let system: System
let mobiles: string[]
let codes: string[]
const bodies: string[] = []

beforeAll(async () => {
  system = await startSystem({ apis: 2, workers: 2, board: true, persistent: true, env })
  mobiles = await times(30, async () => aMobile())
  const faults = ['accept_rst', 'html', '160042', 'http_503', 'refuse', '160011', '111109']
  for (const fault of faults) await system.fault(fault)
  const sent = await Promise.all(mobiles.map((mobile) => system.send(mobile)))
  await vi.waitUntil(async () => (await system.open()) === 0, { timeout: 60_000 })
  codes = (await system.outbox()).map(({ code }) => code)
  for (const { to, code } of await system.outbox()) {
    const rid = sent[mobiles.indexOf(to)]?.body['request_id']
    bodies.push(JSON.stringify(await system.verify(to, wrong(code), { request_id: rid })))
    const { body } = await system.verify(to, code, { request_id: rid })
    const proof = { receipt: body['receipt'], scene: 'default' }
    bodies.push(JSON.stringify([body, await system.asBackend('POST', '/v1/receipts/redeem', proof)]))
    bodies.push(JSON.stringify(await system.call(`/v1/sms_codes/${String(rid)}`)))
    const contact = { email: EMAIL, verified_at: '2026-01-01' }
    bodies.push(JSON.stringify(await system.asBackend('PUT', `/v1/contacts/${to}`, contact)))
  }
  // What goes wrong must not talk either.
  bodies.push(JSON.stringify(await system.send(mobiles[0] ?? '')))
  bodies.push(JSON.stringify(await system.call(`/sms_codes/${mobiles[0]}x/`)))
  bodies.push(JSON.stringify(await system.post('/v1/sms_codes', { mobile: mobiles[0], code: codes[0] })))
  await system.redis.set('{sms}:sms:wait', 'not a list')
  bodies.push(JSON.stringify(await system.send(aMobile())))
  await system.redis.del('{sms}:sms:wait')
  // A job that somebody else put there.
  const queue = new Queue('sms', { connection: { url: system.redisServer().url }, prefix: '{sms}' })
  await queue.add('send', { v: 2, rid: 'x', scene: 'default', n: 1, to: 'y' })
  await vi.waitUntil(async () => (await queue.getFailedCount()) > 0, { timeout: 10_000 })
  await queue.close()
})
afterAll(() => system.stop())

/** Which of the secrets stand in this text. */
const leaks = (text: string) => [...mobiles, ...codes, EMAIL].filter((secret) => text.includes(secret))

async function everythingInRedis(): Promise<string> {
  const parts: string[] = []
  for (const key of await system.redis.keys('*')) {
    parts.push(key, (await system.redis.dumpBuffer(key)).toString('latin1'))
    const type = await system.redis.type(key)
    if (type === 'hash') parts.push(JSON.stringify(await system.redis.hgetall(key)))
    if (type === 'zset') parts.push((await system.redis.zrange(key, 0, '-1')).join())
    if (type === 'stream') parts.push(JSON.stringify(await system.redis.xrange(key, '-', '+')))
    if (type === 'string') parts.push(String(await system.redis.get(key)))
    if (type === 'list') parts.push((await system.redis.lrange(key, 0, -1)).join())
  }
  return parts.join('\n')
}

describe('no code and no full number', () => {
  it('is missed by this test: the handsets have them', async () => {
    expect(codes.length).toBeGreaterThan(20)
    expect(leaks(JSON.stringify(await system.outbox())).length).toBeGreaterThan(40)
  })

  it('stands in Redis: keys, values, jobs, events', async () => {
    const text = await everythingInRedis()
    for (const what of ['{sms}:sms:events', '}:contact', '}:redeemed']) expect(text).toContain(what)
    expect(leaks(text)).toEqual([])
  })

  it('stands in Redis, nor does the address of a client', async () => {
    const keys = await system.redis.keys('*')
    expect(keys.filter((name) => name.includes(':addr:')).length).toBeGreaterThan(20)
    // system.ts calls from 10.0.0.0/8, each time from another address.
    expect(await everythingInRedis()).not.toMatch(/\b10\.\d{1,3}\.\d{1,3}\.\d{1,3}\b/)
  })

  it('stands in the files that Redis writes', async () => {
    await system.redis.bgrewriteaof()
    const dir = system.redisServer().dir
    const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const text = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('\n')
    expect(text).toContain('sms:{')
    expect(leaks(text)).toEqual([])
  })

  it('stands in a log of any process', () => {
    const lines = system.logs.filter(({ app }) => app !== 'simulator').map(({ line }) => line)
    expect(lines.some((line) => line.includes('"sent"'))).toBe(true)
    expect(lines.some((line) => line.includes('"level":"error"'))).toBe(true)
    expect(leaks(lines.join('\n'))).toEqual([])
  })

  it('stands in the metrics', async () => {
    const urls = [...system.apis, ...system.workers].map(({ opsUrl }) => `${opsUrl}/metrics`)
    const text = (await Promise.all(urls.map(async (url) => (await fetch(url)).text()))).join('\n')
    expect(text).toContain('sms_sends_ended_total{status="sent"')
    expect(leaks(text)).toEqual([])
  })

  it('stands on the board', async () => {
    const authorization = `Basic ${Buffer.from(`operator:${system.env['BOARD_PASSWORD']}`).toString('base64')}`
    const read = async (path: string) =>
      (await fetch(`${system.boardUrl}${path}`, { headers: { authorization } })).text()
    const pages = ['latest', 'completed', 'failed', 'waiting', 'active', 'delayed'].map((status) =>
      read(`/api/queues?activeQueue=sms&status=${status}&page=1&jobsPerPage=100`),
    )
    const text = (await Promise.all([read('/'), ...pages])).join('\n')
    expect(text).toContain('137****')
    expect(leaks(text)).toEqual([])
  })

  it('stands in an answer, a receipt unpacked included', () => {
    expect(bodies.length).toBeGreaterThan(60)
    const unpacked = bodies
      .join('\n')
      .split(/[^\w-]+/)
      .map((part) => Buffer.from(part, 'base64url').toString())
    expect(unpacked.filter((text) => text.includes('"scene"')).length).toBeGreaterThan(20)
    expect(leaks([...bodies, ...unpacked].join('\n'))).toEqual([])
  })

  it('nor a key of ours stands in any of it', async () => {
    const secrets = [
      system.env['PHONE_KEY'],
      system.env['CODE_KEYS']?.split(':')[1],
      system.env['CCP_AUTH_TOKEN'],
      system.env['BOARD_PASSWORD'],
      system.env['API_KEYS']?.split(':')[1],
    ]
    const logs = system.logs.map(({ line }) => line).join('\n')
    const text = [logs, await everythingInRedis(), ...bodies].join('\n')
    expect(secrets.filter((secret) => secret === undefined || text.includes(secret))).toEqual([])
  })
})
