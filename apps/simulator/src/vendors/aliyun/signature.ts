// Aliyun's RPC signature, version 1.0: HMAC-SHA1 over every parameter but the signature itself, whether it is in the
// query or in the form.
import { createHmac } from 'node:crypto'
import { percentEncode } from '../encoding.ts'

export function isSigned(method: string, params: ReadonlyMap<string, string>, secret: string): boolean {
  if (params.get('SignatureMethod') !== 'HMAC-SHA1' || params.get('SignatureVersion') !== '1.0') return false
  const query = [...params]
    .filter(([name]) => name !== 'Signature')
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .join('&')
  const text = `${method}&${percentEncode('/')}&${percentEncode(query)}`
  return params.get('Signature') === createHmac('sha1', `${secret}&`).update(text).digest('base64')
}
