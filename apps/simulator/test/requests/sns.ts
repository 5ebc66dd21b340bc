// An Amazon SNS client for the tests. It signs on its own, so that it does not share a mistake with the simulator.
import { createHash, createHmac } from 'node:crypto'
import { compactTime } from './huawei.ts'
import type { RawRequest } from './request.ts'

export const SNS_KEY = 'AKIAEXAMPLE000000000'
export const SNS_SECRET = 'ExampleSecretAccessKey000000000000000000'

export type SnsSend = {
  fields?: Record<string, string | undefined>
  /** Message attributes of the type String. */
  attributes?: Record<string, string>
  key?: string
  secret?: string
  region?: string
  service?: string
  at?: number
  token?: string
  signsToken?: boolean
  signed?: string[]
  authorization?: string
}

export function snsRequest(send: SnsSend = {}): RawRequest {
  const body = formOf(send)
  const date = compactTime(send.at)
  const headers: Record<string, string> = {
    'content-type': 'application/x-www-form-urlencoded',
    host: 'sns.us-east-1.amazonaws.com',
    'x-amz-date': date,
    ...(send.token === undefined ? {} : { 'x-amz-security-token': send.token }),
  }
  const names = send.signed ?? Object.keys(headers).filter((name) => isSigned(name, send))
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('')
  const canonical = `POST\n/\n\n${lines}\n${names.join(';')}\n${sha256(body)}`
  const scope = [date.slice(0, 8), send.region ?? 'us-east-1', send.service ?? 'sns', 'aws4_request']
  const text = `AWS4-HMAC-SHA256\n${date}\n${scope.join('/')}\n${sha256(canonical)}`
  let key: Buffer = Buffer.from(`AWS4${send.secret ?? SNS_SECRET}`)
  for (const step of scope) key = hmac(key, step)
  const credential = `Credential=${send.key ?? SNS_KEY}/${scope.join('/')}`
  const authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names.join(';')}, Signature=${hmac(key, text).toString('hex')}`
  return { path: '/', headers: { ...headers, authorization: send.authorization ?? authorization }, body }
}

function formOf({ fields, attributes = { 'AWS.SNS.SMS.SMSType': 'Transactional' } }: SnsSend): string {
  const form = new URLSearchParams()
  const all: Record<string, string | undefined> = {
    Action: 'Publish',
    Version: '2010-03-31',
    PhoneNumber: '+8613800138000',
    Message: 'Your code is 123456. It is valid for 5 minutes.',
    ...fields,
  }
  for (const [name, value] of Object.entries(all)) if (value !== undefined) form.set(name, value)
  for (const [index, [name, value]] of Object.entries(attributes).entries()) {
    form.set(`MessageAttributes.entry.${index + 1}.Name`, name)
    form.set(`MessageAttributes.entry.${index + 1}.Value.DataType`, 'String')
    form.set(`MessageAttributes.entry.${index + 1}.Value.StringValue`, value)
  }
  return form.toString()
}

function isSigned(name: string, { signsToken = true }: SnsSend): boolean {
  return signsToken || name !== 'x-amz-security-token'
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
