// The canonical form of a request, over which AWS and Huawei Cloud calculate their signatures.
import { percentEncode, sha256 } from './encoding.ts'
import { headerOf } from './headers.ts'
import type { VendorRequest } from './vendor.ts'

/** @param names the signed headers in the order in which the request lists them */
export function canonicalRequest(request: VendorRequest, path: string, names: readonly string[]): string {
  const query = [...request.query].map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
  const lines = names.map((name) => `${name}:${headerOf(request, name).trim().replaceAll(/ +/g, ' ')}\n`)
  return [
    request.method,
    path,
    query.toSorted().join('&'),
    lines.join(''),
    names.join(';'),
    sha256(request.body),
  ].join('\n')
}

/** Milliseconds since the epoch, or null for a text that has not the form `yyyyMMddTHHmmssZ`. */
export function parseCompactTime(text: string): number | null {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? []
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(ms) ? null : ms
}
