// The limits and the guard of docs/policies/peak.yaml, with users behind few addresses. PEAK_ADDRESSES=20 repeats the
// measurement of docs/operations.md with 2,000 users.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { parse } from 'yaml'
import { mergeSettings } from '@sms-codes/core/test/policy-file'
import { startApiWith, type Api } from './api.ts'

const USERS_EACH = 100
const ADDRESSES = Number(process.env['PEAK_ADDRESSES'] ?? 1)

const file = new URL('../../../docs/policies/peak.yaml', import.meta.url)
const read: unknown = parse(readFileSync(file, 'utf8'))
// No worker empties the queue here.
const profile = mergeSettings(typeof read === 'object' && read !== null ? read : {}, {
  overload: { queue_max_age: '0s' },
})
const apis: Api[] = []
afterAll(() => Promise.all(apis.map((api) => api.stop())))

/** Every user asks within the same minute, and none verifies before all have asked. Counts the answers. */
async function rush(settings: object): Promise<Record<string, number>> {
  const api = await startApiWith(settings)
  apis.push(api)
  const answers: Record<string, number> = {}
  const count = (answer: string) => (answers[answer] = (answers[answer] ?? 0) + 1)
  let users = 0
  const codes: { mobile: string; rid: string; ip: string }[] = []
  async function ask(ip: string): Promise<void> {
    // Each user is in another number segment.
    const mobile = `137${String((++users * 10_007) % 100_000_000).padStart(8, '0')}`
    const uuid = randomUUID()
    const picture = await api.app.inject({
      url: `/image_codes/${uuid}/`,
      headers: { 'x-forwarded-for': ip },
    })
    if (picture.statusCode !== 200) return void count('no picture')
    const image_code = (await api.redis.get(`img_${uuid}`)) ?? ''
    const { status, body } = await api.post(
      '/v1/sms_codes',
      { mobile, uuid, image_code },
      { 'x-forwarded-for': ip },
    )
    if (status !== 202)
      return void count(body['challenge'] === 'proof' ? 'asked for a proof' : `refused with ${status}`)
    const rid = String(body['request_id'])
    codes.push({ mobile, rid, ip })
    await api.accept(rid)
  }
  const began = Date.now()
  for (let user = 0; user < USERS_EACH; user++)
    await Promise.all(Array.from({ length: ADDRESSES }, (_, i) => ask(`203.0.113.${i + 1}`)))
  const seconds = (Date.now() - began) / 1_000
  console.log(`${ADDRESSES * USERS_EACH} users asked in ${seconds.toFixed(0)} s`)
  for (const { mobile, rid, ip } of codes) {
    const given = { mobile, sms_code: await api.codeOf(rid), request_id: rid }
    const { status } = await api.post('/v1/sms_codes/verify', given, { 'x-forwarded-for': ip })
    count(status === 200 ? 'verified' : `verify refused with ${status}`)
  }
  return answers
}

it('with the profile, no user behind a shared address is refused or asked for a proof', async () => {
  expect(await rush(profile)).toEqual({ verified: USERS_EACH * ADDRESSES })
})

it('with the profile but the built-in numbers of the guard, users are asked for a proof', async () => {
  const answers = await rush(
    mergeSettings(profile, {
      guard: { segment: { min_sends: 30 }, address: { min_sends: 30 }, service: { min_sends: 100 } },
    }),
  )
  console.log(ADDRESSES, 'addresses, the profile with the built-in guard in mode challenge:', answers)
  expect(answers['asked for a proof']).toBeGreaterThan(ADDRESSES)
})

it('with the built-in limits, most users behind a shared address are refused', async () => {
  const answers = await rush({})
  console.log(ADDRESSES, 'addresses, built-in limits:', answers)
  expect(answers['verified']).toBeLessThanOrEqual(10 * ADDRESSES)
})
