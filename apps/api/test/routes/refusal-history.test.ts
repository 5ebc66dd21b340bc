import { afterEach, expect, it } from 'vitest'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { readHistory } from '@sms-codes/core/history/history'
import { keys } from '@sms-codes/core/redis/keys'
import { aMobile, anAddress, startApiWith, type Api } from '../api.ts'

// A request that is refused although its picture was right is in the history of its phone, with the reason. The answer to
// the caller does not tell the reasons apart.

let api: Api
afterEach(() => api.stop())

const refusals = async (mobile: string) =>
  (await readHistory(api.redis, api.keyring.pseudonym(mobile), 24)).flatMap(({ requestId, events }) =>
    requestId === '' ? events.map(({ kind, times, ...event }) => ({ kind, times, code: event.code })) : [],
  )
const send = async (mobile: string, address = anAddress(), answered?: object) =>
  api.post(
    '/v1/sms_codes',
    { mobile, ...(answered ?? (await api.captcha())) },
    { 'x-forwarded-for': address },
  )

async function expectRefusal(mobile: string, code: string, times = 1): Promise<void> {
  await expect.poll(() => refusals(mobile)).toEqual([{ kind: 'status', times, code }])
}

it.each([
  ['the limit of its address', 'limit_address', { limits: { address: { sends: ['1/1h'] } } }],
  ['the limit of its segment', 'limit_segment', { limits: { segment: ['1/1h'] } }],
  ['a spent budget', 'limit_budget', { budget: { messages: ['1/1h'] } }],
])('is noted for %s', async (_what, code, settings) => {
  api = await startApiWith(settings)
  // These are of one segment. Two numbers of `aMobile` may belong to different segments.
  const [first, second] = ['13900000001', '13900000002']
  const address = '203.0.113.9'
  expect((await send(first, address)).status).toBe(202)
  expect((await send(second, address)).status).not.toBe(202)
  await expectRefusal(second, code)
  // The same request again is counted there.
  await send(second, address)
  await expectRefusal(second, code, 2)
  expect(await refusals(first)).toEqual([])
  expect(await api.redis.ttl(keys.history(api.keyring.pseudonym(second)))).toBeLessThanOrEqual(3_600)
})

it('is noted for the limit of the phone, beside the request that was accepted', async () => {
  api = await startApiWith({})
  const mobile = aMobile()
  await send(mobile)
  expect((await send(mobile)).status).toBe(429)
  await expectRefusal(mobile, 'limit_phone')
})

it('is noted for the deny list', async () => {
  api = await startApiWith({})
  const mobile = aMobile()
  await createLists(api.redis).put('deny', { kind: 'phone', text: api.keyring.pseudonym(mobile) })
  expect((await send(mobile)).status).toBe(429)
  await expectRefusal(mobile, 'deny_list')
})

it('is not noted before a right picture, so that a stranger fills no history', async () => {
  api = await startApiWith({ limits: { address: { attempts: ['1/10m'] } } })
  const mobile = aMobile()
  const wrong = { image_code: 'ZZZZ', uuid: (await api.captcha()).uuid }
  expect((await send(mobile, '203.0.113.9', wrong)).status).toBe(400)
  expect((await send(mobile, '203.0.113.9')).status).toBe(429)
  expect(await refusals(mobile)).toEqual([])
})

it('is not noted without a history', async () => {
  api = await startApiWith({ history_hours: 0 })
  const mobile = aMobile()
  await send(mobile)
  expect((await send(mobile)).status).toBe(429)
  expect(await refusals(mobile)).toEqual([])
})
