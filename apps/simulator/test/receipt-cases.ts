// For each vendor: the expected delivery receipt, and an acknowledgement that is correct and one that is wrong.
import { createHmac } from 'node:crypto'
import type { Callback, Reply } from './callback-server.ts'
import { aliyunRpc } from './requests/aliyun.ts'
import { huaweiRequest } from './requests/huawei.ts'
import type { RawRequest } from './requests/request.ts'
import { tencentRequest } from './requests/tencent.ts'
import { twilioRequest, TWILIO_TOKEN } from './requests/twilio.ts'
import { vonageRequest } from './requests/vonage.ts'
import { signStandard, webhookRequest, WEBHOOK_SECRET } from './requests/webhook.ts'
import { anyText, ccpRequest, textLike } from './running-simulator.ts'

export const CALLBACK_TOKEN = 'token-of-the-callbacks'

const DATE_TIME = textLike(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)

export type ReceiptCase = {
  gateway: string
  /** CCP and the webhook accept a job id once, so every message needs another. */
  request: (apiUrl: string, job?: string) => RawRequest
  good: Reply
  wrong: Reply
  idPath: (string | number)[]
  /** The delivery receipt for a message with the vendor's id. */
  receipt: (id: unknown, delivered: boolean) => unknown
}

export const RECEIPT_CASES: ReceiptCase[] = [
  {
    gateway: 'ccp',
    request: (_apiUrl, job = 'job1') => ccpRequest({ reqId: job }),
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
    request: (apiUrl) =>
      twilioRequest({
        fields: { StatusCallback: `${apiUrl}/callbacks/twilio/${CALLBACK_TOKEN}?echo=job-1` },
      }),
    good: { status: 204, body: '' },
    wrong: { status: 500, body: '' },
    idPath: ['sid'],
    receipt: (id, delivered) => ({
      AccountSid: 'AC00000000000000000000000000000001',
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
    gateway: 'huawei',
    request: () => huaweiRequest(),
    good: { status: 200, body: '' },
    wrong: { status: 204, body: '' },
    idPath: ['result', 0, 'smsMsgId'],
    receipt: (id, delivered) => ({
      smsMsgId: id,
      total: '1',
      sequence: '1',
      status: delivered ? 'DELIVRD' : 'UNDELIV',
      source: '2',
      updateTime: textLike(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      orgCode: anyText,
      extend: 'job-1',
      to: '+8613800138000',
    }),
  },
  {
    gateway: 'vonage',
    request: (apiUrl) =>
      vonageRequest({ fields: { callback: `${apiUrl}/callbacks/vonage/${CALLBACK_TOKEN}` } }),
    good: { status: 200, body: '{}' },
    wrong: { status: 500, body: '' },
    idPath: ['messages', 0, 'message-id'],
    receipt: (id, delivered) => ({
      msisdn: '8613800138000',
      to: 'Demo',
      'network-code': '00000',
      messageId: id,
      price: '0.03330000',
      status: delivered ? 'delivered' : 'failed',
      scts: textLike(/^\d{10}$/),
      'err-code': delivered ? '0' : '1',
      'message-timestamp': DATE_TIME,
      'client-ref': 'job-1',
    }),
  },
  {
    gateway: 'webhook',
    request: (_apiUrl, job = 'job1') => webhookRequest({ id: job }),
    good: { status: 200, body: '{}' },
    wrong: { status: 400, body: '{}' },
    idPath: ['id'],
    receipt: (id, delivered) => ({ id, status: delivered ? 'delivered' : 'undelivered' }),
  },
]

export function contentOf({ headers, body }: Callback): unknown {
  const isForm = headers['content-type'] === 'application/x-www-form-urlencoded'
  const content: unknown = isForm ? Object.fromEntries(new URLSearchParams(body)) : JSON.parse(body)
  return content
}

/** Whether a delivery receipt has the proof of its vendor: a signature or, where the vendor does not sign, the token. */
export function isProven(gateway: string, apiUrl: string, { path, headers, body }: Callback): boolean {
  if (!path.includes(`/callbacks/${gateway}/${CALLBACK_TOKEN}`)) return false
  if (gateway === 'twilio') {
    const fields = [...new URLSearchParams(body)].toSorted(([a], [b]) => (a < b ? -1 : 1))
    const text = apiUrl + path + fields.flat().join('')
    return headers['x-twilio-signature'] === createHmac('sha1', TWILIO_TOKEN).update(text).digest('base64')
  }
  if (gateway !== 'webhook') return true
  const text = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
  return headers['webhook-signature'] === signStandard(WEBHOOK_SECRET, text)
}
