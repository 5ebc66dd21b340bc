import { readFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeEach, beforeAll, expect, it } from 'vitest'
import { phoneOf } from '@sms-codes/core/codes/send'
import { readHistory } from '@sms-codes/core/history/history'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { keys } from '@sms-codes/core/redis/keys'
import { wrong } from '@sms-codes/core/test/store'
import { aMobile, anAddress, startApiWith, type Api } from './api.ts'
import { proofOf } from './proof.ts'

// docs/abuse.md has a table of the keys in Redis that an anonymous request creates. These tests measure each of them.

const DOCS = new URL('../../../docs/abuse.md', import.meta.url)
const ROW = /^\| `([^`]+)` \|[^|]*\| ([0-9,]+) \| ([0-9,]+) \|$/gm

type Row = { bytes: number; seconds: number }
const number = (text = '') => Number(text.replaceAll(',', ''))
const table = new Map<string, Row>(
  [...readFileSync(DOCS, 'utf8').matchAll(ROW)].map(([, key = '', bytes, seconds]) => [
    key,
    { bytes: number(bytes), seconds: number(seconds) },
  ]),
)

/** What Redis needs for the expiry of a key, which MEMORY USAGE does not include. */
const EXPIRY_BYTES = 50
/** One invented request id in a hash of more than 128 ids. */
const ID_BYTES = 90
/** A refusal in a history beside others, with the longest scene and reason. */
const REFUSAL_BYTES = 60
const MOST_REFUSALS = 5

let api: Api
beforeAll(async () => {
  api = await startApiWith({ limits: { address: { sends: ['1/60s'] } } })
})
afterAll(() => api.stop())
beforeEach(async () => {
  await api.deps.traffic.flush()
  await api.redis.flushall()
})

/** Replaces the parts of a key that differ from caller to caller. */
const shapeOf = (key: string) =>
  key
    .replace(/^img_.*/, 'img_<uuid>')
    .replace(/^sms:proof:.*/, 'sms:proof:<nonce>')
    .replace(/(?<=:net-att:)[A-Za-z0-9_-]{12}/, '<subnet>')
    .replace(/(?<=:att:)[A-Za-z0-9_-]{12}/, '<address>')
    .replace(/(?<=:(images|verifies):)[A-Za-z0-9_-]{22}/, '<address>')
    .replace(/(?<=\{)[A-Za-z0-9_-]{22}(?=\}:(images|verifies))/, '<subnet>')
    .replace(/(?<=\{)[A-Za-z0-9_-]{22}(?=\}:(misses|code|sends|guesses|history))/, '<phone>')
    .replace(/(?<=:guesses:).*/, '<scene>')
    .replace(/(?<=\{)[A-Za-z0-9_-]{12}(?=\}:idempotency)/, '<id>')

async function measured(): Promise<Record<string, Row>> {
  const held = (await api.redis.keys('*')).filter((key) => !key.startsWith('{sms}'))
  const rows = held.map(async (key) => {
    const [bytes, seconds] = await Promise.all([api.redis.memory('USAGE', key), api.redis.ttl(key)])
    return [shapeOf(key), { bytes: bytes ?? 0, seconds }] as const
  })
  return Object.fromEntries(await Promise.all(rows))
}

const forwarded = () => ({ 'x-forwarded-for': anAddress() })
const longest = { ...forwarded(), 'idempotency-key': 'k'.repeat(255), 'accept-language': 'en' }
const guess = (sms_code: string, more: object = {}) => ({ mobile: '13800138000', sms_code, ...more })
const wrongPicture = { mobile: '13800138000', image_code: 'ZZZZ', uuid: 'u'.repeat(64) }

const REQUESTS: [string, () => Promise<unknown>][] = [
  [
    'a picture under the longest uuid',
    () => api.app.inject({ url: `/image_codes/${'u'.repeat(64)}/`, headers: forwarded() }),
  ],
  ['a challenge', () => api.app.inject({ url: '/v1/challenges', headers: forwarded() })],
  ['a refused send', () => api.post('/v1/sms_codes', wrongPicture, longest)],
  [
    'a proof that is not ours',
    () => api.post('/v1/sms_codes', { mobile: '13800138000', proof: 'x' }, longest),
  ],
  [
    'a proof beside a wrong picture',
    async () => api.post('/v1/sms_codes', { ...wrongPicture, proof: await proofOf(api) }, longest),
  ],
  ['a guess for an unknown phone', () => api.post('/v1/sms_codes/verify', guess('123456'), longest)],
  ['a malformed code', () => api.post('/v1/sms_codes/verify', guess('12345'), longest)],
]

it.each(REQUESTS)(
  '%s creates only the keys of the table, as small and short-lived as stated',
  async (_what, ask) => {
    await ask()
    const held = Object.entries(await measured())
    expect(held.length).toBeGreaterThan(0)
    for (const [key, { bytes, seconds }] of held) {
      const stated = table.get(key)
      expect([key, bytes <= (stated?.bytes ?? 0)], `${bytes} bytes`).toEqual([key, true])
      expect(seconds).toBeGreaterThan(0)
      expect(seconds).toBeLessThanOrEqual(stated?.seconds ?? 0)
    }
  },
)

it('the refused sends of one phone occupy as little as stated, however many there are', async () => {
  const mobile = aMobile()
  const ph = api.keyring.pseudonym(mobile)
  await createLists(api.redis).put('deny', { kind: 'phone', text: ph })
  const key = keys.history(ph)
  const stated = table.get(shapeOf(key)) ?? { bytes: 0, seconds: 0 }
  const address = forwarded()
  const refuse = async (headers: Record<string, string>) =>
    api.post('/v1/sms_codes', { mobile, ...(await api.captcha()), scene: 'reset_password' }, headers)
  for (let i = 0; i < 3; i++) await refuse(forwarded())
  const first = (await measured())[shapeOf(key)] ?? { bytes: 0, seconds: 0 }
  expect(first.bytes).toBeGreaterThan(0)
  expect(first.bytes).toBeLessThanOrEqual(stated.bytes)
  expect(first.seconds).toBeLessThanOrEqual(stated.seconds)
  await refuse(address)
  // From here on this address has a full limit, so each refusal has another reason than the last one.
  for (let i = 0; i < 24; i++) await refuse(i % 2 === 0 ? address : forwarded())
  const reasons = (await readHistory(api.redis, ph, 24)).map(({ events: [event] }) => event?.code)
  expect(reasons).toEqual(['deny_list', 'limit_address', 'deny_list', 'limit_address', 'deny_list'])
  const { bytes, seconds } = (await measured())[shapeOf(key)] ?? { bytes: 0, seconds: 0 }
  expect(bytes).toBeLessThanOrEqual(stated.bytes + (MOST_REFUSALS - 1) * REFUSAL_BYTES)
  expect(seconds).toBeLessThanOrEqual(stated.seconds)
})

it('a request that fails validation or names no known route creates no key', async () => {
  await api.post('/v1/sms_codes', { mobile: '1' }, longest)
  await api.post('/v1/sms_codes/verify', { mobile: '13800138000' }, longest)
  await api.post('/nowhere', {}, longest)
  await api.app.inject({ url: `/v1/sms_codes/${'p'.repeat(22)}.${'r'.repeat(22)}` })
  await api.post(`/callbacks/ccp/${'t'.repeat(24)}`, {})
  expect(await measured()).toEqual({})
})

it('a full limit keeps no answer and adds no key', async () => {
  const address = forwarded()
  for (let i = 0; i < 30; i++) await api.post('/v1/sms_codes/verify', guess('123456'), address)
  const before = await measured()
  for (let i = 0; i < 10; i++) {
    const headers = { ...address, 'idempotency-key': randomUUID() }
    expect((await api.post('/v1/sms_codes/verify', guess('123456'), headers)).status).toBe(429)
  }
  expect(Object.keys(await measured())).toEqual(Object.keys(before))
})

it('the wrong guesses of one phone occupy as little as stated, however many there are', async () => {
  const mobile = aMobile()
  const { rid, code } = await api.sent(mobile, 'default')
  for (let i = 0; i < 40; i++)
    await api.post('/v1/sms_codes/verify', {
      ...guess(wrong(code), i % 2 === 0 ? {} : { request_id: rid }),
      mobile,
    })
  const misses = Object.entries(await measured()).filter(([key]) => key.includes(':misses:'))
  expect(misses).toHaveLength(2)
  for (const [key, { bytes }] of misses) expect(bytes).toBeLessThanOrEqual(table.get(key)?.bytes ?? 0)
})

it('guesses with invented request ids occupy as little as stated, for each id and for the first', async () => {
  const mobile = aMobile()
  const { rid, code } = await api.sent(mobile, 'login')
  const key = keys.guesses(phoneOf(rid), 'login')
  const guessWith = (request_id: string) =>
    api.post('/v1/sms_codes/verify', { ...guess(wrong(code), { request_id, scene: 'login' }), mobile })
  await guessWith('x'.repeat(64))
  const stated = table.get(shapeOf(key))
  const first = { bytes: Number(await api.redis.memory('USAGE', key)), seconds: await api.redis.ttl(key) }
  expect(first.bytes).toBeLessThanOrEqual(stated?.bytes ?? 0)
  expect(first.seconds).toBeLessThanOrEqual(stated?.seconds ?? 0)
  for (let i = 0; i < 300; i++) await guessWith(`an invented id ${i}`)
  expect(await api.redis.hlen(key)).toBe(301)
  expect(await api.redis.memory('USAGE', key)).toBeLessThanOrEqual(301 * ID_BYTES)
})

it('a subnet with full limits occupies as little as the documentation states', () => {
  const [stated] = /(?<=at most )[0-9]+(?= MB for one subnet)/.exec(readFileSync(DOCS, 'utf8')) ?? []
  const bytesOf = (key: string) => (table.get(key)?.bytes ?? 0) + EXPIRY_BYTES
  const [picture, proof] = [bytesOf('img_<uuid>'), bytesOf('sms:proof:<nonce>')]
  const answer = bytesOf('sms:{<id>}:idempotency')
  /** The most units that a counter can admit in some seconds: its maximum for each window that these begin, and once more. */
  const taken = (most: number, window: number) => (seconds: number) =>
    most * (Math.ceil(seconds / window) + 1)
  // The most expensive caller uses another address for each unit.
  const [images, attempts, verifies] = [taken(3_000, 60), taken(6_000, 600), taken(6_000, 300)]
  const bytes = [
    images(300) * picture + images(60) * bytesOf('sms:{<subnet>}:images:<address>'),
    attempts(300) * answer + attempts(600) * proof + attempts(600) * bytesOf('sms:{gate}:att:<address>'),
    verifies(60) * answer +
      verifies(300) * bytesOf('sms:{<subnet>}:verifies:<address>') +
      verifies(600) * ID_BYTES,
    // Refusals of many phones occupy more than those of one.
    attempts(3_600) * bytesOf('sms:{<phone>}:history'),
  ]
  expect(Math.ceil(bytes.reduce((sum, each) => sum + each) / 1e6)).toBe(Number(stated))
})
