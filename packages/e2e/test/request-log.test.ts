import { afterAll, beforeAll, expect, it } from 'vitest'
import { toRecord } from './json.ts'
import { aMobile, startSystem, wrong, type System } from './system.ts'

let system: System
beforeAll(async () => {
  system = await startSystem({ apis: 2, env: { LOG_LEVEL: 'info' } })
})
afterAll(() => system.stop())

const lines = () =>
  system.logs.flatMap(({ app, line }) =>
    app !== 'simulator' && line.startsWith('{') ? [toRecord(JSON.parse(line))] : [],
  )

it('all log lines of a request carry its request id, and every HTTP call has a unique id of its own', async () => {
  const [first, second] = system.apis.map(({ url }) => url)
  const mobile = aMobile()
  await system.call(`/sms_codes/${mobile}/?image_code=ZZZZ&uuid=never-issued`, {}, second)
  const { body } = await system.send(mobile, first)
  const request_id = String(body['request_id'])
  await expect.poll(() => system.outbox(mobile)).toHaveLength(1)
  const code = (await system.outbox(mobile))[0]?.code ?? ''
  await system.verify(mobile, wrong(code), { request_id }, second)
  const verified = await system.verify(mobile, code, { request_id }, first)
  const receipt = { receipt: verified.body['receipt'], scene: 'default' }
  await system.asBackend('POST', '/v1/receipts/redeem', receipt, second)
  await system.asBackend('POST', '/v1/receipts/redeem', receipt, second)

  const told = () => lines().filter(({ rid }) => rid === request_id)
  const said = () => told().map(({ app, msg, answer }) => `${String(app)} ${String(answer ?? msg)}`)
  await expect
    .poll(() => said().toSorted())
    .toEqual([
      'api codeWrong',
      'api issued',
      'api receipt redeemed',
      'api receiptUsed',
      'api verified',
      'worker sent',
    ])

  const refused = lines().find(({ answer }) => answer === 'captchaGone')
  expect(refused?.['rid']).toBeUndefined()
  const ids = [...told(), refused ?? {}].flatMap(({ app, reqId }) => (app === 'worker' ? [] : [reqId]))
  expect(ids.filter((id) => typeof id !== 'string' || id.length < 16)).toEqual([])
  expect(new Set(ids).size).toBe(6)
})
