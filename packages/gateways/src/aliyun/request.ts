// Owns how a call of Aliyun's SMS service (Dysmsapi 2017-05-25) is put on the wire, by either signature. Each
// request has a nonce of its own, which Aliyun takes once.
import { canonicalQuery, signAcs3, signRpc } from './signature.ts'
import type { AliyunKey } from './signature.ts'

export type AliyunCall = { action: string; params: Record<string, string>; at: Date; nonce: string }

const version = '2017-05-25'

export function rpcRequest(base: string, key: AliyunKey, { action, params, at, nonce }: AliyunCall) {
  const all = {
    ...params,
    Action: action,
    Version: version,
    Format: 'JSON',
    RegionId: 'cn-hangzhou',
    AccessKeyId: key.accessKeyId,
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    SignatureNonce: nonce,
    Timestamp: wholeSeconds(at),
  }
  const { signature } = signRpc('POST', all, key.accessKeySecret)
  const headers = { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' }
  return { url: `${base}/`, headers, body: canonicalQuery({ ...all, Signature: signature }) }
}

export function acs3Request(base: string, key: AliyunKey, { action, params, at, nonce }: AliyunCall) {
  const query = canonicalQuery(params)
  const headers = {
    // Named here and not left to the transport, so that what is signed is what is sent.
    host: new URL(base).host,
    'x-acs-action': action,
    'x-acs-version': version,
    'x-acs-date': wholeSeconds(at),
    'x-acs-signature-nonce': nonce,
  }
  const signed = signAcs3(key, { query, headers, body: '' })
  return { url: `${base}/?${query}`, headers: { Accept: 'application/json', ...signed.headers }, body: '' }
}

function wholeSeconds(at: Date): string {
  return at.toISOString().replace(/\.\d+/, '')
}
