// The signature of AWS, version 4.
import { canonicalRequest } from '../canonical-request.ts'
import { hmacSha256, sha256 } from '../encoding.ts'
import { headerOf } from '../headers.ts'
import type { VendorRequest } from '../vendor.ts'

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/\s,]+)\/(\d{8})\/([^/\s,]+)\/([^/\s,]+)\/aws4_request, ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/

type SigV4 = {
  keyId: string
  region: string
  service: string
  signedHeaders: string[]
  isSignedWith(secret: string): boolean
}

/** Null when the authorization header has another form. */
export function readSigV4(request: VendorRequest): SigV4 | null {
  const [, keyId = '', date = '', region = '', service = '', list = '', signature] =
    AUTHORIZATION.exec(headerOf(request, 'authorization')) ?? []
  if (signature === undefined) return null
  const at = headerOf(request, 'x-amz-date')
  const signedHeaders = list.split(';')
  return {
    keyId,
    region,
    service,
    signedHeaders,
    isSignedWith(secret) {
      if (!signedHeaders.includes('host') || !signedHeaders.includes('x-amz-date')) return false
      if (!at.startsWith(`${date}T`)) return false
      const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(hmacSha256, `AWS4${secret}`)
      const scope = `${date}/${region}/${service}/aws4_request`
      const hash = sha256(canonicalRequest(request, '/', signedHeaders))
      return hmacSha256(key, `AWS4-HMAC-SHA256\n${at}\n${scope}\n${hash}`).toString('hex') === signature
    },
  }
}
