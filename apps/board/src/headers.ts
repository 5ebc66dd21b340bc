import type { FastifyHelmetOptions } from '@fastify/helmet'

/**
 * The browser loads from this server only. TLS is the business of a proxy: the board speaks plain http, so it
 * must neither ask for https nor have it remembered.
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
  // With no referrer at all a browser may hide the origin that writes are judged by.
  referrerPolicy: { policy: 'same-origin' },
}

const OUTSIDE_LINK = /<link\b[^>]*\bhref="https?:[^>]*>/g

/** Bull Board's page wants Google's fonts. It does without them: where Google is blocked they only delay it. */
export const withoutOutsideLinks = (page: string) => page.replace(OUTSIDE_LINK, '')
