import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Value } from '@sinclair/typebox/value'
import { MainlandMobile } from '../src/http/schemas.ts'
import { anAddress, startApi, type Api } from './api.ts'
import { ENDPOINTS, request, toBytes, type Code, type Request } from './corpus/cross.ts'
import { judge } from './corpus/judge.ts'
import { sendRaw, type RawAnswer } from './corpus/raw-http.ts'
import { changesOf, heldIn } from './corpus/store.ts'

/** Characters that an HTTP line may have, and some that it should not have. */
const latin1 = (max: number) =>
  fc
    .array(fc.integer({ min: 0x20, max: 0xff }), { maxLength: max })
    .map((codes) => String.fromCharCode(...codes.filter((code) => code !== 0x7f)))
const anyOf = (...texts: string[]) => fc.constantFrom(...texts)
const word = fc.stringMatching(/^[A-Za-z-]{1,12}$/)

const UUID = 'fuzz-uuid-0001'
const fieldName = anyOf(
  'mobile',
  'image_code',
  'uuid',
  'scene',
  'sms_code',
  'request_id',
  'email',
  '__proto__',
)
const text = fc.oneof(
  anyOf('13800138000', UUID, 'AB3K', '123456', 'login', '', '0'),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 30 }),
)
const value = fc.oneof({ weight: 3, arbitrary: text }, fc.jsonValue({ maxDepth: 2 }))
const body = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.dictionary(fieldName, value, { maxKeys: 6 }).map((fields) => JSON.stringify(fields)),
  },
  { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 5_000 }).map((bytes) => Buffer.from(bytes)) },
)
// Headers about the end of a request would make the server wait for more.
const FRAMING = /^(content-length|transfer-encoding|connection|upgrade)$/i
const header = fc
  .tuple(
    fc.oneof(
      anyOf(
        'X-Forwarded-For',
        'Accept-Language',
        'Origin',
        'Sec-Fetch-Site',
        'Sec-Fetch-Mode',
        'Sec-Purpose',
      ),
      anyOf(
        'Content-Type',
        'Content-Encoding',
        'Accept',
        'Range',
        'Access-Control-Request-Method',
        'Host',
        'TE',
      ),
      word.filter((name) => !FRAMING.test(name)),
    ),
    fc.oneof(anyOf('cross-site', 'cors', 'prefetch', 'https://shop.example', 'en', 'text/plain'), latin1(60)),
  )
  .map(([name, content]) => `${name}: ${content}`)

/** A valid request with some of its fields, its body or its headers changed. */
const nearlyGood = fc
  .record({
    endpoint: fc.constantFrom(...ENDPOINTS),
    mobile: fc.nat(99_999_999),
    fields: fc.oneof(fc.constant({}), fc.dictionary(fieldName, value, { maxKeys: 2 })),
    body: fc.option(body, { freq: 1 }),
    lines: fc.array(header, { maxLength: 2 }),
  })
  .map((parts): Request => {
    const mobile = `139${String(parts.mobile).padStart(8, '0')}`
    const good = request(parts.endpoint, {
      ...(parts.endpoint === 'status' ? {} : { mobile }),
      ...(parts.endpoint === 'verify' ? {} : { uuid: UUID }),
      ...parts.fields,
    })
    return { ...good, lines: parts.lines, body: good.body === null ? null : (parts.body ?? good.body) }
  })

const method = fc.oneof(
  { weight: 4, arbitrary: anyOf('GET', 'POST') },
  { weight: 2, arbitrary: anyOf('HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'QUERY') },
  { weight: 1, arbitrary: word.filter((name) => name !== 'CONNECT') },
)
const path = fc.oneof(
  { weight: 2, arbitrary: anyOf('/v1/sms_codes', '/v1/sms_codes/verify') },
  {
    weight: 4,
    arbitrary: fc
      .tuple(anyOf('/image_codes/', '/sms_codes/', '/v1/sms_codes/', '/'), text, anyOf('', '/', '//', '/x'))
      .map(([start, segment, end]) => start + encodeURIComponent(segment) + end),
  },
  { weight: 1, arbitrary: latin1(40).map((rest) => `/${rest}`) },
)
const query = fc.oneof(
  fc
    .array(fc.tuple(fieldName, text), { maxLength: 6 })
    .map((pairs) => pairs.map(([name, content]) => `${name}=${encodeURIComponent(content)}`).join('&')),
  latin1(20),
)
const anything = fc
  .record({
    method,
    path,
    query,
    lines: fc.array(header, { maxLength: 6 }),
    body: fc.option(body, { freq: 4 }),
  })
  .map((parts): Request => ({
    method: parts.method,
    target: parts.query === '' ? parts.path : `${parts.path}?${parts.query}`,
    lines: parts.lines,
    without: [],
    body: parts.body,
  }))

const STATUSES = [200, 202, 204, 400, 403, 404, 413, 414, 415, 417, 429, 431]

/** The code of an answer, which `judge` then checks. */
function claimOf({ status, headers, body: said }: RawAnswer, { method: verb }: Request): Code {
  if (status === 200 && headers.get('content-type') === 'image/png') return 'image'
  if (said.length === 0 && (verb === 'HEAD' || status === 204)) return 'empty'
  if (status === 417) return 'node'
  const code = /"code":"(\d+)"/.exec(said.toString())?.[1]
  return `${Number(code)}`
}

describe('a random request', () => {
  let api: Api
  let redis: Redis
  let port: number
  beforeAll(async () => {
    api = await startApi()
    redis = new Redis(api.server.url)
    port = Number(new URL(await api.app.listen({ port: 0, host: '127.0.0.1' })).port)
  })
  afterAll(async () => {
    redis.disconnect()
    await api.stop()
  })

  it('gets an answer in the envelope and no 500, and leaves nothing in Redis if it is refused', async () => {
    const seen = new Map<number, number>()
    await fc.assert(
      fc.asyncProperty(fc.oneof(nearlyGood, anything), async (one) => {
        await redis.set(`img_${UUID}`, 'AB3K')
        const before = await heldIn(redis)
        const answer = await sendRaw(
          port,
          toBytes(one, anAddress(), (hole) => hole),
        )
        const claim = claimOf(answer, one)
        seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1)
        expect(STATUSES).toContain(answer.status)
        expect(judge(answer, [answer.status, claim], '')).toEqual([])
        if (claim === '0' || claim === 'image') return
        const looked = claim === '4001' || claim === '4002'
        expect(changesOf(before, await heldIn(redis), looked)).toEqual([])
      }),
      { numRuns: 500 },
    )
    const counts = STATUSES.map((status) => `${status} ${seen.get(status) ?? 0}`)
    console.log('statuses:', counts.join(', '))
    // Some requests must be accepted, or the generator is too weak.
    expect((seen.get(200) ?? 0) + (seen.get(202) ?? 0)).toBeGreaterThan(25)
  }, 180_000)
})

describe('the pattern of a mobile in the classic call', () => {
  /** Checks each character without a regular expression, which could have the same mistake as the pattern. */
  function isMobile(written: string): boolean {
    const digits = written.split('').map((unit) => '0123456789'.indexOf(unit))
    return digits.length === 11 && digits[0] === 1 && (digits[1] ?? 0) >= 3 && !digits.includes(-1)
  }
  const digit = fc.oneof(
    { weight: 60, arbitrary: fc.stringMatching(/^[0-9]$/) },
    {
      weight: 1,
      arbitrary: anyOf('０', '１', '８', '٠', '١', '٨', '०', '१', '८', '𝟎', '𝟏', '𝟖', '①', '³', 'Ⅷ', '一'),
    },
    { weight: 1, arbitrary: anyOf('\n', ' ', '+', '-', '.', '\0', '\u200b', '\u0301', '/', ':', '😀') },
  )
  const numbers = fc
    .tuple(
      anyOf('1', '13', '15', '19', '12', '2', '', '+86', '１'),
      fc.array(digit, { minLength: 8, maxLength: 11 }),
    )
    .map(([start, rest]) => start + rest.join(''))

  it('matches eleven ASCII digits that begin with 13 to 19, and nothing else', () => {
    let taken = 0
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: numbers }, fc.string({ unit: 'binary' })), (candidate) => {
        expect(Value.Check(MainlandMobile, candidate)).toBe(isMobile(candidate))
        taken += Number(isMobile(candidate))
      }),
      { numRuns: 10_000 },
    )
    expect(taken).toBeGreaterThan(500)
  })
})
