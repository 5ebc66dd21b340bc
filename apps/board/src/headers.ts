import type { FastifyHelmetOptions } from '@fastify/helmet'

/**
 * The browser may load from this server only. On loopback there is no TLS proxy and the board speaks plain HTTP, so
 * these headers must not make the browser switch to HTTPS.
 */
export const HEADERS: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    directives: {
      'default-src': ["'none'"],
      'connect-src': ["'self'"],
      'font-src': ["'self'"],
      'form-action': ["'none'"],
      'frame-ancestors': ["'none'"],
      'style-src': ["'self'", "'unsafe-inline'"],
      'upgrade-insecure-requests': null,
    },
  },
  strictTransportSecurity: false,
  // With no referrer a browser may leave out Origin, by which writes.ts recognises a write from another site.
  referrerPolicy: { policy: 'same-origin' },
}

const OUTSIDE_LINK = /<link\b[^>]*\bhref="https?:[^>]*>/g

/** Removes links to other hosts. The page loads fonts from Google, and loads slowly where Google is blocked. */
export const withoutOutsideLinks = (page: string) => page.replace(OUTSIDE_LINK, '')
