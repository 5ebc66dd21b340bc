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

/** The pages about messages have one form, one style sheet, and no script. */
export const MESSAGES_HEADERS: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'none'"],
      'style-src': ["'self'"],
      'form-action': ["'self'"],
      'frame-ancestors': ["'none'"],
      'base-uri': ["'none'"],
    },
  },
}

const OUTSIDE_LINK = /<link\b[^>]*\bhref="https?:[^>]*>/g

/**
 * Hides the buttons for writes that writes.ts refuses to every operator. Bull Board has no option for them. Where the list
 * of its buttons may grow, the style names the icons of the buttons that stay: retry, promote, pause and resume.
 */
const HIDE_REFUSED = `<style>
  [class*="jobActions-"] li:not(:has(.lucide-refresh-cw, .lucide-corner-up-left)),
  [class*="queueActions-"] li:has(.lucide-corner-up-left) ~ li,
  [role="menu"]:has([class*="danger-"]) > :not(:has(.lucide-refresh-cw, .lucide-pause, .lucide-play)),
  [role="dialog"] dd button,
  [class*="actionsCell-"] button,
  [class*="badgeWrap-"]:has(.lucide-gauge) { display: none }
</style>`

/**
 * Adapts Bull Board's page. Links to other hosts are removed: the page loads fonts from Google, and loads slowly where
 * Google is blocked. Buttons for writes that writes.ts refuses are hidden.
 */
export const adaptPage = (page: string) =>
  page.replace(OUTSIDE_LINK, '').replace('</head>', `${HIDE_REFUSED}</head>`)
