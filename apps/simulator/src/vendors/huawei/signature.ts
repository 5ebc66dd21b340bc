// Huawei Cloud's signature SDK-HMAC-SHA256. It is like that of AWS, but the secret is the key, and the path of the
// canonical request ends with a slash.
import { canonicalRequest } from '../canonical-request.ts'
import { hmacSha256, sha256 } from '../encoding.ts'
import { headerOf } from '../headers.ts'
import type { VendorRequest } from '../vendor.ts'

const AUTHORIZATION =
  /^SDK-HMAC-SHA256 Access=([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/

type SdkHmac = { appKey: string; isSignedWith(secret: string): boolean }

/** Null when the authorization header has another form. */
export function readSdkHmac(request: VendorRequest, path: string): SdkHmac | null {
  const [, appKey, list, signature] = AUTHORIZATION.exec(headerOf(request, 'authorization')) ?? []
  if (appKey === undefined || list === undefined) return null
  const names = list.split(';')
  return {
    appKey,
    isSignedWith(secret) {
      if (!names.includes('host') || !names.includes('x-sdk-date')) return false
      const hash = sha256(canonicalRequest(request, path, names))
      const text = `SDK-HMAC-SHA256\n${headerOf(request, 'x-sdk-date')}\n${hash}`
      return hmacSha256(secret, text).toString('hex') === signature
    },
  }
}
