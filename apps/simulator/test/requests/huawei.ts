// A Huawei Cloud client for the tests. It signs on its own, so that it does not share a mistake with the simulator.
import { createHash, createHmac } from 'node:crypto'
import type { RawRequest } from './request.ts'

export const HUAWEI_KEY = 'simulatedhuaweiappkey00001'
export const HUAWEI_SECRET = 'ExampleAppSecret000000000000'

export type HuaweiSend = {
  fields?: Record<string, string | undefined>
  key?: string
  secret?: string
  at?: number
  date?: string
  signed?: string[]
  contentType?: string
  authorization?: string
}

export function huaweiRequest(send: HuaweiSend = {}): RawRequest {
  const form = new URLSearchParams()
  const fields: Record<string, string | undefined> = {
    from: '8825010100001',
    to: '+8613800138000',
    templateId: '8ff55eac1d0b478ab3c06c3c6a492300',
    templateParas: '["123456"]',
    extend: 'job-1',
    ...send.fields,
  }
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.set(name, value)
  const body = form.toString()
  const headers: Record<string, string> = {
    'content-type': send.contentType ?? 'application/x-www-form-urlencoded',
    host: 'smsapi.cn-north-4.myhuaweicloud.com',
    'x-sdk-date': send.date ?? compactTime(send.at),
  }
  const names = send.signed ?? ['content-type', 'host', 'x-sdk-date']
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('')
  const canonical = `POST\n/sms/batchSendSms/v1/\n\n${lines}\n${names.join(';')}\n${sha256(body)}`
  const text = `SDK-HMAC-SHA256\n${headers['x-sdk-date']}\n${sha256(canonical)}`
  const signature = createHmac('sha256', send.secret ?? HUAWEI_SECRET)
    .update(text)
    .digest('hex')
  const authorization = `SDK-HMAC-SHA256 Access=${send.key ?? HUAWEI_KEY}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  return {
    path: '/sms/batchSendSms/v1',
    headers: { ...headers, authorization: send.authorization ?? authorization },
    body,
  }
}

/** `yyyyMMddTHHmmssZ` */
export function compactTime(at = Date.now()): string {
  return new Date(at)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
