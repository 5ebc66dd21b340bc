import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startCallbackServer, type Callback, type CallbackServer } from '../callback-server.ts'
import { errorCodeOf } from '../error-code.ts'
import { CALLBACK_TOKEN, contentOf, isProven, RECEIPT_CASES } from '../receipt-cases.ts'
import { aliyunRpc } from '../requests/aliyun.ts'
import { part } from '../requests/request.ts'
import { huaweiRequest } from '../requests/huawei.ts'
import { twilioRequest } from '../requests/twilio.ts'
import { vonageRequest } from '../requests/vonage.ts'
import { anyText, ccpRequest, startSimulator, type Simulator } from '../running-simulator.ts'

/** The third attempt comes six seconds after the first. */
const PATIENT = { timeout: 20_000 }

let api: CallbackServer
let simulator: Simulator
beforeAll(async () => {
  api = await startCallbackServer()
  simulator = await startSimulator({
    API_URL: `${api.url}/`,
    CALLBACK_TOKEN,
    SIMULATOR_RECEIPT_DELAY_MS: '20',
    SIMULATOR_VENDOR_LIMITS: 'off',
  })
})
afterAll(async () => {
  await simulator.close()
  await api.close()
})
beforeEach(async () => {
  await simulator.reset()
  api.reset()
})

async function callbacks(count: number): Promise<Callback[]> {
  await expect.poll(() => api.callbacks, PATIENT).toHaveLength(count)
  return [...api.callbacks]
}

const pushed = () => simulator.get('/_sim/receipts?to=13800138000')

describe.each(RECEIPT_CASES)('$gateway', ({ gateway, request, good, wrong, idPath, receipt }) => {
  const script = (fault: string, more: Record<string, unknown> = {}) =>
    simulator.post('/_sim/script', { gateway, fault, ...more })

  async function send(job?: string): Promise<unknown> {
    return part(await simulator.request(request(api.url, job)), ...idPath)
  }

  test('a delivery receipt is pushed once, with the proof of the vendor', async () => {
    api.answer(good)
    const id = await send()
    const [callback] = await callbacks(1)
    expect(callback && contentOf(callback)).toEqual(receipt(id, true))
    expect(callback && isProven(gateway, api.url, callback)).toBe(true)
    await expect.poll(pushed, PATIENT).toMatchObject([
      {
        gateway,
        id,
        status: 'delivered',
        attempt: 1,
        answered: good.status,
        acknowledged: true,
        forged: false,
      },
    ])
  })

  test('a delivery receipt is repeated until it is acknowledged correctly', async () => {
    api.answer(wrong, good)
    const id = await send()
    const [first, second] = await callbacks(2)
    expect(first && contentOf(first)).toEqual(receipt(id, true))
    expect(second && contentOf(second)).toEqual(receipt(id, true))
    await expect.poll(pushed, PATIENT).toMatchObject([
      { attempt: 1, answered: wrong.status, acknowledged: false },
      { attempt: 2, answered: good.status, acknowledged: true },
    ])
  })

  test('undelivered reports the message as undelivered and marks it as lost', async () => {
    api.answer(good)
    await script('undelivered')
    const id = await send()
    const [callback] = await callbacks(1)
    expect(callback && contentOf(callback)).toEqual(receipt(id, false))
    expect(await simulator.outbox()).toMatchObject([{ lost: true }])
  })

  test('receipt_twice pushes the delivery receipt twice', async () => {
    api.answer(good)
    await script('receipt_twice')
    const id = await send()
    const both = await callbacks(2)
    expect(both.map(contentOf)).toEqual([receipt(id, true), receipt(id, true)])
    await expect.poll(pushed, PATIENT).toMatchObject([{ attempt: 1 }, { attempt: 1 }])
  })

  test('receipt_forged first pushes a delivery receipt without proof, and then the true one', async () => {
    api.answer(good)
    await script('receipt_forged')
    const id = await send()
    const both = await callbacks(2)
    expect(both.map(contentOf)).toEqual([receipt(id, false), receipt(id, true)])
    expect(both.map((callback) => isProven(gateway, api.url, callback))).toEqual([false, true])
  })

  test('receipt_first pushes the delivery receipt before the answer to the send', async () => {
    api.answer(good)
    await script('receipt_first')
    await send()
    expect(api.callbacks).toHaveLength(1)
  })

  test.each(['no_receipt', 'receipt_late'])(
    'with %s the delivery receipt of the next message comes first',
    async (fault) => {
      api.answer(good)
      await script(fault, { delay_ms: 600_000 })
      await send()
      const id = await send('job2')
      await expect.poll(pushed, PATIENT).toMatchObject([{ id }])
    },
  )

  test('receipt_late pushes the delivery receipt after its delay', async () => {
    api.answer(good)
    await script('receipt_late', { delay_ms: 50 })
    const id = await send()
    await expect.poll(pushed, PATIENT).toMatchObject([{ id, acknowledged: true }])
  })

  test('a lost answer does not stop the delivery receipt', async () => {
    api.answer(good)
    await script('accept_rst')
    await script('undelivered')
    expect(await errorCodeOf(simulator.request(request(api.url)))).toBe('ECONNRESET')
    await expect.poll(pushed, PATIENT).toMatchObject([{ gateway, status: 'undelivered' }])
  })

  test('a refused request has no delivery receipt', async () => {
    await script('http_500')
    await simulator.request(request(api.url))
    expect(await simulator.get('/_sim/receipts')).toEqual([])
    expect(await simulator.outbox()).toEqual([])
  })
})

test('a delivery receipt is given up after three attempts', async () => {
  api.answer({ status: 500, body: '' })
  await simulator.request(aliyunRpc())
  await expect
    .poll(pushed, PATIENT)
    .toMatchObject([{ attempt: 1 }, { attempt: 2 }, { attempt: 3, acknowledged: false }])
})

test('an unreachable API is logged by its error code, without the callback token', async () => {
  const alone = await startSimulator({
    API_URL: 'http://127.0.0.1:1',
    CALLBACK_TOKEN,
    SIMULATOR_RECEIPT_DELAY_MS: '0',
  })
  await alone.request(aliyunRpc())
  const first = async () => [await alone.get('/_sim/receipts')].flat()[0]
  await expect.poll(first).toMatchObject({ answered: null, error: anyText, acknowledged: false })
  expect(JSON.stringify(await alone.get('/_sim/receipts'))).not.toContain(CALLBACK_TOKEN)
  await alone.close()
})

test('a Twilio message without a StatusCallback has no delivery receipt', async () => {
  await simulator.request(twilioRequest())
  const id = part(await simulator.request(ccpRequest({})), 'templateSMS', 'smsMessageSid')
  await expect.poll(pushed, PATIENT).toMatchObject([{ gateway: 'ccp', id }])
})

test.each([
  ['Huawei', (url: string) => huaweiRequest({ fields: { statusCallback: url } })],
  ['Vonage', (url: string) => vonageRequest({ fields: { callback: url } })],
])('%s reports to the URL that the message names', async (_name, request) => {
  await simulator.request(request(`${api.url}/own`))
  const [callback] = await callbacks(1)
  expect(callback?.path).toBe('/own')
})

test('without a callback token no delivery receipts are pushed', async () => {
  const silent = await startSimulator({ API_URL: api.url, SIMULATOR_RECEIPT_DELAY_MS: '0' })
  await silent.request(aliyunRpc())
  expect(await silent.get('/_sim/receipts')).toEqual([])
  await silent.close()
  expect(api.callbacks).toEqual([])
})

test('delivery receipts go to PUBLIC_URL when it is set', async () => {
  const inside = await startSimulator({
    PUBLIC_URL: `${api.url}/inside`,
    CALLBACK_TOKEN,
    SIMULATOR_RECEIPT_DELAY_MS: '0',
  })
  await inside.request(ccpRequest({}))
  const [callback] = await callbacks(1)
  expect(callback?.path).toBe(`/inside/callbacks/ccp/${CALLBACK_TOKEN}`)
  await inside.close()
})

test('the log lists the delivery receipts of one number or of all numbers', async () => {
  api.answer({ status: 200, body: '' })
  await simulator.request(ccpRequest({ to: '13900139000' }))
  await expect.poll(() => simulator.get('/_sim/receipts')).toMatchObject([{ to: '13900139000' }])
  expect(await simulator.get('/_sim/receipts?to=13800138000')).toEqual([])
})
