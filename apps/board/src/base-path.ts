/** The first segments of the board's own paths. A base path that begins with such a segment would be ambiguous. */
const OWN = [
  'api',
  'static',
  'queue',
  'job-schedulers',
  'metrics-history',
  'messages',
  'metrics',
  'livez',
  'readyz',
]

/** A base path is empty, or a path without a slash at its end. */
export const BASE_PATH_PATTERN = `^((?!/(${OWN.join('|')})(/|$))(/[0-9A-Za-z_~-][0-9A-Za-z._~-]*)+)?$`

/**
 * Returns a function for Fastify's `rewriteUrl` that removes the base path. Some proxies remove the base path and
 * some do not, so the board answers paths with and without the base path.
 */
export function createBasePathCutter(basePath: string) {
  return ({ url = '/' }: { url?: string | undefined }): string => {
    const rest = url.startsWith(basePath) ? url.slice(basePath.length) : url
    if (rest.startsWith('/')) return rest
    return rest === '' || rest.startsWith('?') ? `/${rest}` : url
  }
}
