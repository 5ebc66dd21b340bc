import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startCallbackServer, type Callback, type CallbackServer, type Reply } from './callback-server.ts'
import { errorCodeOf } from './error-code.ts'
import { aliyunRpc } from './requests/aliyun.ts'
import { part, type RawRequest } from './requests/request.ts'
import { tencentRequest } from './requests/tencent.ts'
import { twilioRequest, TWILIO_TOKEN } from './requests/twilio.ts'
import { signStandard, webhookRequest, WEBHOOK_SECRET } from './requests/webhook.ts'
import { anyText, ccpRequest, startSimulator, textLike, type Simulator } from './running-simulator.ts'

const PATIENT = { timeout: 10_000 }
const TOKEN = 'token-of-the-callbacks'
const DATE_TIME = textLike(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)

let api: CallbackServer
let simulator: Simulator
beforeAll(async () => {
  api = await startCallbackServer()
  simulator = await startSimulator({
    API_URL: `${api.url}/`,
    CALLBACK_TOKEN: TOKEN,
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

type Case = {
  gateway: string
  /** CCP and the webhook take a job once, so another message needs another. */
  request: (job?: string) => RawRequest
  good: Reply
  wrong: Reply
  idPath: (string | number)[]
  /** What the receipt says of a message, with the vendor's id of it. */
  receipt: (id: unknown, delivered: boolean) => unknown
}

const twilioCallback = () => `${api.url}/callbacks/twilio/${TOKEN}?echo=job-1`

const CASES: Case[] = [
  {
    gateway: 'ccp',
    request: (job = 'job1') => ccpRequest({ reqId: job }),
    good: { status: 200, body: '{"statuscode":"000000"}' },
    wrong: { status: 204, body: '' },
    idPath: ['templateSMS', 'smsMessageSid'],
    receipt: (id, delivered) => ({
      Request: {
        action: 'SMSArrived',
        smsType: '1',
        apiVersion: '2013-12-26',
        content: id,
        fromNum: '13800138000',
        dateSent: textLike(/^\d{14}$/),
        deliverCode: delivered ? 'DELIVRD' : 'UNDELIV',
        recvTime: textLike(/^\d{14}$/),
        status: delivered ? '0' : '1',
        reqId: 'job1',
        smsCount: '1',
      },
    }),
  },
  {
    gateway: 'aliyun',
    request: () => aliyunRpc(),
    good: { status: 200, body: '{"code":0,"msg":"接收成功"}' },
    wrong: { status: 200, body: '{"code":"0","msg":"接收成功"}' },
    idPath: ['BizId'],
    receipt: (id, delivered) => [
      {
        phone_number: '13800138000',
        send_time: DATE_TIME,
        report_time: DATE_TIME,
        success: delivered,
        err_code: delivered ? 'DELIVERED' : 'MOBILE_NOT_ON_SERVICE',
        err_msg: anyText,
        sms_size: '1',
        biz_id: id,
        out_id: 'job-1',
      },
    ],
  },
  {
    gateway: 'tencent',
    request: () => tencentRequest(),
    good: { status: 200, body: '{"result":0,"errmsg":"OK"}' },
    wrong: { status: 200, body: '{"result":1,"errmsg":"OK"}' },
    idPath: ['Response', 'SendStatusSet', 0, 'SerialNo'],
    receipt: (id, delivered) => [
      {
        user_receive_time: DATE_TIME,
        nationcode: '86',
        mobile: '13800138000',
        report_status: delivered ? 'SUCCESS' : 'FAIL',
        errmsg: delivered ? 'DELIVRD' : 'UNDELIV',
        description: anyText,
        sid: id,
      },
    ],
  },
  {
    gateway: 'twilio',
    request: () => twilioRequest({ fields: { StatusCallback: twilioCallback() } }),
    good: { status: 204, body: '' },
    wrong: { status: 500, body: '' },
    idPath: ['sid'],
    receipt: (id, delivered) => ({
      AccountSid: 'AC00000000000000000000000000000000',
      ApiVersion: '2010-04-01',
      From: '+15005550006',
      MessageSid: id,
      MessageStatus: delivered ? 'delivered' : 'undelivered',
      SmsSid: id,
      SmsStatus: delivered ? 'delivered' : 'undelivered',
      To: '+8613800138000',
      ...(delivered ? {} : { ErrorCode: '30003' }),
    }),
  },
  {
    gateway: 'webhook',
    request: (job = 'job1') => webhookRequest({ id: job }),
    good: { status: 200, body: '{}' },
    wrong: { status: 400, body: '{}' },
    idPath: ['id'],
    receipt: (id, delivered) => ({ id, status: delivered ? 'delivered' : 'undelivered' }),
  },
]

function contentOf({ headers, body }: Callback): unknown {
  const isForm = headers['content-type'] === 'application/x-www-form-urlencoded'
  const content: unknown = isForm ? Object.fromEntries(new URLSearchParams(body)) : JSON.parse(body)
  return content
}

/** Whether a receipt carries the proof of its vendor: a signature where there is one, else the token. */
function isProven(gateway: string, { path, headers, body }: Callback): boolean {
  if (!path.includes(`/callbacks/${gateway}/${TOKEN}`)) return false
  if (gateway === 'twilio') {
    const fields = [...new URLSearchParams(body)].toSorted(([a], [b]) => (a < b ? -1 : 1))
    const text = api.url + path + fields.flat().join('')
    return headers['x-twilio-signature'] === createHmac('sha1', TWILIO_TOKEN).update(text).digest('base64')
  }
  if (gateway !== 'webhook') return true
  const text = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
  return headers['webhook-signature'] === signStandard(WEBHOOK_SECRET, text)
}

async function callbacks(count: number): Promise<Callback[]> {
  await expect.poll(() => api.callbacks, PATIENT).toHaveLength(count)
  return [...api.callbacks]
}

const pushed = () => simulator.get('/_sim/receipts?to=13800138000')

describe.each(CASES)('$gateway', ({ gateway, request, good, wrong, idPath, receipt }) => {
  const script = (fault: string, more: Record<string, unknown> = {}) =>
    simulator.post('/_sim/script', { gateway, fault, ...more })

  async function send(job?: string): Promise<unknown> {
    return part(await simulator.request(request(job)), ...idPath)
  }

  test('a message is reported as delivered, once, with the proof of the vendor', async () => {
    api.answer(good)
    const id = await send()
    const [callback] = await callbacks(1)
    expect(callback && contentOf(callback)).toEqual(receipt(id, true))
    expect(callback && isProven(gateway, callback)).toBe(true)
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

  test('it is repeated while the acknowledgement is wrong, and no longer', async () => {
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

  test('undelivered says so, and no phone shows the message', async () => {
    api.answer(good)
    await script('undelivered')
    const id = await send()
    const [callback] = await callbacks(1)
    expect(callback && contentOf(callback)).toEqual(receipt(id, false))
    expect(await simulator.outbox()).toMatchObject([{ lost: true }])
  })

  test('receipt_twice pushes it twice', async () => {
    api.answer(good)
    await script('receipt_twice')
    const id = await send()
    const both = await callbacks(2)
    expect(both.map(contentOf)).toEqual([receipt(id, true), receipt(id, true)])
    await expect.poll(pushed, PATIENT).toMatchObject([{ attempt: 1 }, { attempt: 1 }])
  })

  test('receipt_forged comes without the proof, before the true one', async () => {
    api.answer(good)
    await script('receipt_forged')
    const id = await send()
    const both = await callbacks(2)
    expect(both.map(contentOf)).toEqual([receipt(id, false), receipt(id, true)])
    expect(both.map((callback) => isProven(gateway, callback))).toEqual([false, true])
  })

  test('receipt_first is there before the send is answered', async () => {
    api.answer(good)
    await script('receipt_first')
    await send()
    expect(api.callbacks).toHaveLength(1)
  })

  test.each(['no_receipt', 'receipt_late'])('%s lets the next message overtake', async (fault) => {
    api.answer(good)
    await script(fault, { delay_ms: 600_000 })
    await send()
    const id = await send('job2')
    await expect.poll(pushed, PATIENT).toMatchObject([{ id }])
  })

  test('receipt_late comes in the end', async () => {
    api.answer(good)
    await script('receipt_late', { delay_ms: 50 })
    const id = await send()
    await expect.poll(pushed, PATIENT).toMatchObject([{ id, acknowledged: true }])
  })

  test('an answer that is lost does not keep the receipt back', async () => {
    api.answer(good)
    await script('accept_rst')
    await script('undelivered')
    expect(await errorCodeOf(simulator.request(request()))).toBe('ECONNRESET')
    await expect.poll(pushed, PATIENT).toMatchObject([{ gateway, status: 'undelivered' }])
  })

  test('a request that was refused has no receipt', async () => {
    await script('http_500')
    await simulator.request(request())
    expect(await simulator.get('/_sim/receipts')).toEqual([])
    expect(await simulator.outbox()).toEqual([])
  })
})

test('after three tries a receipt is given up', async () => {
  api.answer({ status: 500, body: '' })
  await simulator.request(aliyunRpc())
  await expect
    .poll(pushed, PATIENT)
    .toMatchObject([{ attempt: 1 }, { attempt: 2 }, { attempt: 3, acknowledged: false }])
})

test('an API that is not there is named by its error and nothing of its address', async () => {
  const alone = await startSimulator({
    API_URL: 'http://127.0.0.1:1',
    CALLBACK_TOKEN: TOKEN,
    SIMULATOR_RECEIPT_DELAY_MS: '0',
  })
  await alone.request(aliyunRpc())
  await expect
    .poll(() => alone.get('/_sim/receipts'))
    .toMatchObject([{ answered: null, error: anyText, acknowledged: false }])
  expect(JSON.stringify(await alone.get('/_sim/receipts'))).not.toContain(TOKEN)
  await alone.close()
})

test('a Twilio message that names no address has no receipt', async () => {
  await simulator.request(twilioRequest())
  const id = part(
    await simulator.request(CASES[0]?.request() ?? ccpRequest({})),
    'templateSMS',
    'smsMessageSid',
  )
  await expect.poll(pushed, PATIENT).toMatchObject([{ gateway: 'ccp', id }])
})

test('without a token there are no receipts', async () => {
  const silent = await startSimulator({ API_URL: api.url, SIMULATOR_RECEIPT_DELAY_MS: '0' })
  await silent.request(aliyunRpc())
  expect(await silent.get('/_sim/receipts')).toEqual([])
  await silent.close()
  expect(api.callbacks).toEqual([])
})

test('receipts go to the address of their own where there is one', async () => {
  const inside = await startSimulator({
    SIMULATOR_CALLBACK_URL: `${api.url}/inside`,
    CALLBACK_TOKEN: TOKEN,
    SIMULATOR_RECEIPT_DELAY_MS: '0',
  })
  await inside.request(ccpRequest({}))
  const [callback] = await callbacks(1)
  expect(callback?.path).toBe(`/inside/callbacks/ccp/${TOKEN}`)
  await inside.close()
})

test('the list is of one number or of all', async () => {
  api.answer({ status: 200, body: '' })
  await simulator.request(ccpRequest({ to: '13900139000' }))
  await expect.poll(() => simulator.get('/_sim/receipts')).toMatchObject([{ to: '13900139000' }])
  expect(await simulator.get('/_sim/receipts?to=13800138000')).toEqual([])
})
