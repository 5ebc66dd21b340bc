// A Tencent Cloud client for the tests. It signs on its own, so that it does not share a mistake with the simulator.
import { createHash, createHmac } from 'node:crypto'
import type { RawRequest } from './request.ts'

export const TENCENT_ID = 'AKIDExample0000000000000000000000000'
export const TENCENT_KEY = 'ExampleSecretKey0000000000000000'
export const TENCENT_APP = '1400000001'

export type TencentSend = {
  fields?: Record<string, unknown>
  action?: string
  version?: string
  region?: string
  id?: string
  key?: string
  at?: number
  /** Added to the present time. */
  shiftMs?: number
  host?: string
  signedHost?: string
  service?: string
  signed?: string[]
  contentType?: string
  body?: string
}

export const tencentMessage = (over: Record<string, unknown> = {}) => ({
  PhoneNumberSet: ['+8613800138000'],
  SmsSdkAppId: TENCENT_APP,
  TemplateId: '1110',
  SignName: '演示',
  TemplateParamSet: ['123456', '5'],
  SessionContext: 'job-1',
  ...over,
})

export function tencentRequest(send: TencentSend = {}): RawRequest {
  const body = send.body ?? JSON.stringify(send.fields ?? tencentMessage())
  const host = send.host ?? 'sms.tencentcloudapi.com'
  const action = send.action ?? 'SendSms'
  const contentType = send.contentType ?? 'application/json; charset=utf-8'
  const timestamp = String(Math.floor((send.at ?? Date.now() + (send.shiftMs ?? 0)) / 1000))
  const date = new Date(Number(timestamp) * 1000).toISOString().slice(0, 10)
  const service = send.service ?? 'sms'
  const values: Record<string, string> = {
    'content-type': contentType,
    host: send.signedHost ?? host,
    'x-tc-action': action.toLowerCase(),
  }
  const names = send.signed ?? ['content-type', 'host', 'x-tc-action']
  const lines = names.map((name) => `${name}:${values[name]}\n`).join('')
  const canonical = `POST\n/\n\n${lines}\n${names.join(';')}\n${sha256(body)}`
  const scope = `${date}/${service}/tc3_request`
  const text = `TC3-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256(canonical)}`
  const key = hmac(hmac(hmac(`TC3${send.key ?? TENCENT_KEY}`, date), service), 'tc3_request')
  const signature = hmac(key, text).toString('hex')
  const credential = `Credential=${send.id ?? TENCENT_ID}/${scope}, SignedHeaders=${names.join(';')}`
  return {
    path: '/',
    headers: {
      host,
      'content-type': contentType,
      'x-tc-action': action,
      'x-tc-version': send.version ?? '2021-01-11',
      'x-tc-timestamp': timestamp,
      'x-tc-region': send.region ?? 'ap-guangzhou',
      authorization: `TC3-HMAC-SHA256 ${credential}, Signature=${signature}`,
    },
    body,
  }
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
