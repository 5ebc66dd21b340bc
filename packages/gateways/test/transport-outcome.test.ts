import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { outcomeClasses } from '../src/gateway.ts'
import { transportOutcome } from '../src/transport-outcome.ts'
import type { PostResult } from '../src/transport.ts'

const now = new Date('2026-01-01T00:00:00Z')
const answered = (status: number, headers: Record<string, string> = {}): PostResult => ({
  kind: 'answer',
  status,
  headers,
  body: '',
})

describe('the outcome of a transport result', () => {
  test('is switch_now for not_sent and ambiguous for unknown', () => {
    expect(transportOutcome({ kind: 'not_sent', code: 'ENOTFOUND' }, now)).toEqual({
      class: 'switch_now',
      code: 'ENOTFOUND',
    })
    expect(transportOutcome({ kind: 'unknown', code: 'ECONNRESET' }, now)).toEqual({
      class: 'ambiguous',
      code: 'ECONNRESET',
    })
  })

  test.each([
    ['ambiguous', [200, 201, 204, 299, 408, 500, 502, 503, 504, 599]],
    ['config', [300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 405, 410, 413, 415, 422, 451]],
    ['retry_same', [429]],
  ])('%s', (cls, statuses) => {
    for (const status of statuses) {
      expect(transportOutcome(answered(status), now)).toEqual({ class: cls, code: `HTTP_${status}` })
    }
  })

  test.each([
    ['0', 0],
    ['120', 120_000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
  ])('Retry-After: %s', (value, retryAfterMs) => {
    expect(transportOutcome(answered(429, { 'retry-after': value }), now)).toMatchObject({ retryAfterMs })
  })

  test.each(['', '-1', '1.5', 'soon', '99999999999', 'Xxx GMT'])(
    'does not contain an unreadable Retry-After: "%s"',
    (value) => {
      const outcome = transportOutcome(answered(429, { 'retry-after': value }), now)
      expect(outcome).toEqual({ class: 'retry_same', code: 'HTTP_429' })
    },
  )

  test('exists for every status, and is never a refusal for a 2xx or 5xx', () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), (status, after) => {
        const outcome = transportOutcome(answered(status, { 'retry-after': after }), now)
        expect(outcomeClasses).toContain(outcome.class)
        const sure = outcome.class !== 'ambiguous'
        expect(sure && (status < 300 || status >= 500)).toBe(false)
      }),
    )
  })
})
