// The parameters of a request, wherever the caller put them. A name that comes twice counts once, by its first value.
import type { VendorRequest } from './vendor.ts'

export function isForm(contentType: unknown): boolean {
  return typeof contentType === 'string' && /^application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType)
}

export function formOf(request: VendorRequest): URLSearchParams {
  return new URLSearchParams(isForm(request.headers['content-type']) ? request.body : '')
}

/** Percent-encoding by RFC 3986, which leaves fewer characters alone than a browser does. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

export function canonicalQuery(params: Iterable<[string, string]>): string {
  return [...params]
    .toSorted(([a], [b]) => byCodeUnit(a, b))
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .join('&')
}

function byCodeUnit(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
