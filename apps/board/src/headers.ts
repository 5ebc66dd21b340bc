/**
 * What every answer says to a browser: load from this server only, and tell nobody. There is no
 * `upgrade-insecure-requests` and no HSTS, because the board speaks plain http on loopback; TLS is the
 * business of a proxy.
 */
export const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join(';'),
  'cross-origin-resource-policy': 'same-origin',
  // With no referrer at all a browser may hide the origin that writes are judged by.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
}
