// An Aliyun client for the tests. It signs on its own, so that it does not share a mistake with the simulator.
import { createHmac, randomUUID } from 'node:crypto'
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
  SignName: '演示',
  TemplateCode: 'SMS_100000001',
  TemplateParam: '{"code":"123456"}',
  OutId: 'job-1',
  ...over,
})

/** A request with an RPC signature; its parameters are in a form or, for GET, in the query. */
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
  const escape = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, escape)
}
