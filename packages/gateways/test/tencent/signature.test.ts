import { createHash, createHmac } from 'node:crypto'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  dateKey,
  signingKey,
  signTc3,
  tc3CanonicalRequest,
  tc3StringToSign,
} from '../../src/tencent/signature.ts'
import fixture from '../fixtures/tencent.json' with { type: 'json' }

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('TC3', () => {
  test.each(fixture.tc3)('signs the vector $id', ({ input, expect: vector }) => {
    const headers: Record<string, string> = { ...input.headers }
    const given = { ...input, headers }
    const authorization = signTc3({ secretId: input.ids, secretKey: input.key }, given)
    expect(authorization.endsWith(`, Signature=${vector.signature}`)).toBe(true)
    if (vector.authorization === undefined) return
    expect(authorization).toBe(vector.authorization)
    expect(sha256(input.payload)).toBe(vector.hashedPayload)
    expect(tc3CanonicalRequest(given)).toBe(vector.canonicalRequest)
    expect(sha256(tc3CanonicalRequest(given))).toBe(vector.hashedCanonicalRequest)
    expect(tc3StringToSign(given)).toBe(vector.stringToSign)
    const key = signingKey(dateKey(input.key, input.timestamp), input.service)
    expect(key.toString('hex')).toBe(vector.secretSigning)
  })

  test('signs the vector that is published without its key', () => {
    const { input, expect: vector } = fixture.fromDateKey
    const key = signingKey(Buffer.from(input.secretDate_hex, 'hex'), input.service)
    const text = tc3StringToSign(input)
    expect(key.toString('hex')).toBe(vector.secretSigning_hex)
    expect(text).toBe(vector.stringToSign)
    expect(sha256(tc3CanonicalRequest(input))).toBe(vector.hashedCanonicalRequest)
    expect(createHmac('sha256', key).update(text).digest('hex')).toBe(vector.signature)
  })

  test.each(['UTC', 'Asia/Shanghai', 'America/New_York'])(
    'uses the day of UTC if the process runs in %s',
    (zone) => {
      vi.stubEnv('TZ', zone)
      onTestFinished(() => void vi.unstubAllEnvs())
      const day = (instant: string) => {
        const timestamp = Date.parse(instant) / 1000
        return tc3StringToSign({ service: 'sms', timestamp, headers: {}, payload: '' }).split('\n')[2]
      }
      expect(day('2026-02-28T23:59:59Z')).toBe('2026-02-28/sms/tc3_request')
      expect(day('2026-03-01T00:00:00Z')).toBe('2026-03-01/sms/tc3_request')
    },
  )
})
