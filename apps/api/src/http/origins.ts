import { list } from '@sms-codes/core/config/decoders'
import { throwFaults } from '@sms-codes/core/throw-faults'

/** Pages cannot have an origin of these schemes. */
const NO_PAGES = new Set(['ws:', 'wss:', 'ftp:', 'file:'])
/** `[…]` is an IPv6 address. The port is without a leading zero, because the text comes from the URL parser. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]+)?$/

/** Returns an origin as browsers write it in the header `Origin`, or null for text that is not an origin. */
function browserSpelling(text: string): string | null {
  if (!URL.canParse(text)) return null
  const { protocol, host, origin } = new URL(text)
  // For `capacitor:` and other schemes that the URL standard does not know, `origin` is the text `null`.
  const spelling = origin === 'null' ? `${protocol}//${host.toLowerCase()}` : origin
  return ORIGIN.test(spelling) && !NO_PAGES.has(protocol) ? spelling : null
}

/**
 * Parses origins in the exact spelling of browsers, because any other spelling would never match. A fault names the
 * right spelling, which contains no secret.
 * @throws Error
 */
export function parseOrigins(text: string): string[] {
  const entries = list(text)
  throwFaults(
    entries.map((entry, i) => {
      const spelling = browserSpelling(entry)
      if (spelling === entry) return false
      return spelling === null
        ? `entry ${i + 1} must be an origin, such as https://www.example.com or capacitor://localhost`
        : `entry ${i + 1} must be written as browsers send it: ${spelling}`
    }),
  )
  return entries
}
