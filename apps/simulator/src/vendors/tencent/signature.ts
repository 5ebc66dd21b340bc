// Tencent Cloud's signature TC3-HMAC-SHA256. Several variants are accepted: the vendor's SDK signs the host without its
// port and takes the first label of the host as the service, and the vendor's documents disagree on whether header
// values are lower-cased.
import { hmacSha256, sha256 } from '../encoding.ts'
import { headerOf } from '../headers.ts'
import type { VendorRequest } from '../vendor.ts'

const AUTHORIZATION =
  /^TC3-HMAC-SHA256 Credential=([^/\s,]+)\/(\d{4}-\d\d-\d\d)\/([^/\s,]+)\/tc3_request,\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/

type Tc3 = { secretId: string; isSignedWith(secretKey: string): boolean }

/** Null when the authorization header is not TC3. */
export function readTc3(request: VendorRequest): Tc3 | null {
  const [, secretId, date, service, list, signature] =
    AUTHORIZATION.exec(request.headers.authorization ?? '') ?? []
  if (secretId === undefined || date === undefined || service === undefined || list === undefined) return null
  const host = request.headers.host ?? ''
  const timestamp = headerOf(request, 'x-tc-timestamp')
  const names = list.split(';')

  function canonical(signedHost: string, isLowerCase: boolean): string {
    const valueOf = (name: string) => {
      const value = (name === 'host' ? signedHost : headerOf(request, name)).trim()
      return isLowerCase ? value.toLowerCase() : value
    }
    const lines = names.map((name) => `${name}:${valueOf(name)}\n`).join('')
    return `POST\n/\n\n${lines}\n${list}\n${sha256(request.body)}`
  }

  return {
    secretId,
    isSignedWith(secretKey) {
      if (!names.includes('content-type') || !names.includes('host')) return false
      if (service !== 'sms' && service !== host.split('.')[0]) return false
      if (date !== utcDateOf(timestamp)) return false
      const key = [date, service, 'tc3_request'].reduce<string | Buffer>(hmacSha256, `TC3${secretKey}`)
      const scope = `${date}/${service}/tc3_request`
      const matches = (canonicalRequest: string) => {
        const text = `TC3-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256(canonicalRequest)}`
        return hmacSha256(key, text).toString('hex') === signature
      }
      return [host, host.replace(/:\d+$/, '')].some(
        (candidate) => matches(canonical(candidate, true)) || matches(canonical(candidate, false)),
      )
    },
  }
}

function utcDateOf(timestamp: string): string | null {
  return /^\d{1,11}$/.test(timestamp) ? new Date(Number(timestamp) * 1000).toISOString().slice(0, 10) : null
}
