// A hand-made Aliyun client for the tests, by both of its signatures.
import { createHash, createHmac, randomUUID } from 'node:crypto'
import type { RawRequest } from './request.ts'

export const ALIYUN_KEY = 'LTAI5tExampleKeyId00000'
export const ALIYUN_SECRET = 'ExampleAccessKeySecret000000000'

export type AliyunSend = {
  params?: Record<string, string | undefined>
  action?: string
  version?: string
  key?: string
  secret?: string
  at?: number
  timestamp?: string
  nonce?: string
  method?: string
}

export const aliyunMessage = (over: Record<string, string | undefined> = {}) => ({
  PhoneNumbers: '13800138000',
  SignName: '美多商城',
  TemplateCode: 'SMS_100000001',
  TemplateParam: '{"code":"123456"}',
  OutId: 'job-1',
  ...over,
})

/** RPC: everything in a form, or in the query of a GET. */
export function aliyunRpc(send: AliyunSend = {}): RawRequest {
  const { method = 'POST', action = 'SendSms', version = '2017-05-25' } = send
  const params: Record<string, string> = {
    AccessKeyId: send.key ?? ALIYUN_KEY,
    Action: action,
    Format: 'JSON',
    SignatureMethod: 'HMAC-SHA1',
    SignatureNonce: send.nonce ?? randomUUID(),
    SignatureVersion: '1.0',
    Timestamp: send.timestamp ?? isoSeconds(send.at),
    Version: version,
    ...present(send.params ?? aliyunMessage()),
  }
  const text = `${method}&%2F&${encode(query(params))}`
  const signature = createHmac('sha1', `${send.secret ?? ALIYUN_SECRET}&`)
    .update(text)
    .digest('base64')
  const form = query({ ...params, Signature: signature })
  return method === 'GET'
    ? { method, path: `/?${form}`, headers: {}, body: '' }
    : { path: '/', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: form }
}

/** V3: the parameters in the query of a POST without a body, as the vendor's own client sends them. */
export function aliyunV3(
  send: AliyunSend & { host?: string; extra?: Record<string, string>; unsigned?: string } = {},
): RawRequest {
  const search = query(present(send.params ?? aliyunMessage()))
  const headers: Record<string, string> = {
    host: send.host ?? 'dysmsapi.aliyuncs.com',
    'x-acs-action': send.action ?? 'SendSms',
    'x-acs-content-sha256': sha256(''),
    'x-acs-date': send.timestamp ?? isoSeconds(send.at),
    'x-acs-signature-nonce': send.nonce ?? randomUUID(),
    'x-acs-version': send.version ?? '2017-05-25',
    ...send.extra,
  }
  const names = Object.keys(headers)
    .filter((name) => name !== send.unsigned)
    .toSorted()
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('')
  const canonical = `POST\n/\n${search}\n${lines}\n${names.join(';')}\n${sha256('')}`
  const signature = createHmac('sha256', send.secret ?? ALIYUN_SECRET)
    .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`)
    .digest('hex')
  const credential = `Credential=${send.key ?? ALIYUN_KEY},SignedHeaders=${names.join(';')}`
  const authorization = `ACS3-HMAC-SHA256 ${credential},Signature=${signature}`
  return { path: `/?${search}`, headers: { ...headers, authorization }, body: '' }
}

function isoSeconds(at = Date.now()): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
}

function present(params: Record<string, string | undefined>): Record<string, string> {
  const entries = Object.entries(params).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  return Object.fromEntries(entries)
}

function query(params: Record<string, string>): string {
  const names = Object.keys(params).toSorted()
  return names.map((name) => `${encode(name)}=${encode(params[name] ?? '')}`).join('&')
}

function encode(text: string): string {
  const escape = (sign: string) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, escape)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
