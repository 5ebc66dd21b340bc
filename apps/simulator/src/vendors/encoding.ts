// How the signatures of cloud vendors encode and hash.
import { createHash, createHmac } from 'node:crypto'

/** RFC 3986 encodes a few characters that `encodeURIComponent` leaves as they are. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

export function hmacSha256(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
