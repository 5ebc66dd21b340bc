// Who signed an Aliyun request, by either of its two schemes: parameters (RPC, version 1.0) or headers (V3). Each
// answers what the request claims, whether the signature fits it, and leaves clock and nonce to the caller.
import { createHash, createHmac } from 'node:crypto'
import { canonicalQuery, percentEncode } from '../form.ts'
import type { VendorRequest } from '../vendor.ts'

export type Signed = {
  accessKeyId: string | null
  action: string | null
  version: string | null
  timestamp: string | null
  nonce: string | null
  isSignedWith(secret: string): boolean
}

/** RPC: every parameter but the signature is signed, in the query and in the form alike. */
export function readRpc(method: string, params: ReadonlyMap<string, string>): Signed {
  const get = (name: string) => params.get(name) ?? null
  return {
    accessKeyId: get('AccessKeyId'),
    action: get('Action'),
    version: get('Version'),
    timestamp: get('Timestamp'),
    nonce: get('SignatureNonce'),
    isSignedWith(secret) {
      if (get('SignatureMethod') !== 'HMAC-SHA1' || get('SignatureVersion') !== '1.0') return false
      const signed = [...params].filter(([name]) => name !== 'Signature')
      const text = `${method}&${percentEncode('/')}&${percentEncode(canonicalQuery(signed))}`
      return get('Signature') === createHmac('sha1', `${secret}&`).update(text).digest('base64')
    },
  }
}

const AUTHORIZATION =
  /^ACS3-HMAC-SHA256 Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/
const MUST_BE_SIGNED = [
  'host',
  'x-acs-action',
  'x-acs-content-sha256',
  'x-acs-date',
  'x-acs-signature-nonce',
  'x-acs-version',
]

/** V3: the query, the listed headers and the body's digest are signed; any further header may be listed. */
export function readV3(request: VendorRequest): Signed {
  const header = (name: string) => {
    const value = request.headers[name]
    return typeof value === 'string' ? value : null
  }
  const [, accessKeyId, list, signature] = AUTHORIZATION.exec(header('authorization') ?? '') ?? []
  const names = (list ?? '').split(';')

  function canonical(host: string): string {
    const lines = names.map((name) => `${name}:${name === 'host' ? host : (header(name) ?? '').trim()}\n`)
    return `${request.method}\n/\n${canonicalQuery(request.query)}\n${lines.join('')}\n${list}\n${sha256(request.body)}`
  }

  return {
    accessKeyId: accessKeyId ?? null,
    action: header('x-acs-action'),
    version: header('x-acs-version'),
    timestamp: header('x-acs-date'),
    nonce: header('x-acs-signature-nonce'),
    isSignedWith(secret) {
      const mustBeSigned =
        header('content-type') === null || request.body === ''
          ? MUST_BE_SIGNED
          : ['content-type', ...MUST_BE_SIGNED]
      if (!mustBeSigned.every((name) => names.includes(name))) return false
      if (header('x-acs-content-sha256') !== sha256(request.body)) return false
      const host = header('host') ?? ''
      return [host, host.replace(/:\d+$/, '')].some((candidate) => {
        const text = `ACS3-HMAC-SHA256\n${sha256(canonical(candidate))}`
        return createHmac('sha256', secret).update(text).digest('hex') === signature
      })
    },
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
