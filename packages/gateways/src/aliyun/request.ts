// Owns the HTTP form of a call to Aliyun's SMS service (Dysmsapi 2017-05-25). All parameters are in the body, so
// that proxies log neither number nor code. Every request needs a nonce of its own, which Aliyun accepts once.
import { canonicalQuery, signRpc } from './signature.ts'

export type AliyunKey = { accessKeyId: string; accessKeySecret: string }
export type AliyunCall = { action: string; params: Record<string, string>; at: Date; nonce: string }

export function rpcRequest(base: string, key: AliyunKey, { action, params, at, nonce }: AliyunCall) {
  const unsigned = {
    ...params,
    Action: action,
    Version: '2017-05-25',
    Format: 'JSON',
    RegionId: 'cn-hangzhou',
    AccessKeyId: key.accessKeyId,
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    SignatureNonce: nonce,
    Timestamp: at.toISOString().replace(/\.\d+/, ''),
  }
  const { signature } = signRpc('POST', unsigned, key.accessKeySecret)
  const headers = { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' }
  return { url: `${base}/`, headers, body: canonicalQuery({ ...unsigned, Signature: signature }) }
}
