// Headers of a request.
import type { VendorRequest } from './vendor.ts'

/** The value of a header, or an empty text when the request does not have it once. */
export function headerOf(request: VendorRequest, name: string): string {
  const value = request.headers[name]
  return typeof value === 'string' ? value : ''
}

/** The user and password of HTTP Basic, as `user:password`. The name of the scheme is case-insensitive. */
export function basicCredentialsOf(request: VendorRequest): string {
  const encoded = /^basic +([0-9A-Za-z+/]+=*)$/i.exec(headerOf(request, 'authorization'))?.[1]
  return Buffer.from(encoded ?? '', 'base64').toString('utf8')
}
