/** First parts of the board's own paths. A base path that began with one could not be told from them. */
const OWN = ['api', 'static', 'queue', 'job-schedulers', 'metrics-history', 'livez', 'readyz']

/** Nothing, or a path without a slash at its end. */
export const BASE_PATH_PATTERN = `^((?!/(${OWN.join('|')})(/|$))(/[0-9A-Za-z_~-][0-9A-Za-z._~-]*)+)?$`

/**
 * For Fastify's `rewriteUrl`. Some proxies cut the base path off before they ask, some do not, so the board
 * answers with it and without.
 */
export function createBasePathCutter(basePath: string) {
  return ({ url = '/' }: { url?: string | undefined }): string => {
    if (basePath === '' || !url.startsWith(basePath)) return url
    const rest = url.slice(basePath.length)
    if (rest.startsWith('/')) return rest
    return rest === '' || rest.startsWith('?') ? `/${rest}` : url
  }
}
