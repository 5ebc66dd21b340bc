import type { onRequestHookHandler } from 'fastify'
import { Refusal } from './answers.ts'

/**
 * The classic call is a GET that does something, so a browser can be driven to make it without anybody's
 * wish: by prefetching, or from another site's image or link. Such requests are refused before any work.
 *
 * @param origins pages of these origins may call from another site
 */
export function refuseDrivenBrowser(origins: readonly string[]): onRequestHookHandler {
  return (request, _reply, done) => {
    const { headers } = request
    const purposes = [headers['sec-purpose'], headers['purpose'], headers['x-moz']]
    const prefetches = purposes.some((purpose) => /prefetch|preview/i.test(String(purpose ?? '')))
    const crossSite = headers['sec-fetch-site'] === 'cross-site'
    const allowed = headers['sec-fetch-mode'] === 'cors' && origins.includes(headers.origin ?? '')
    done(prefetches || (crossSite && !allowed) ? new Refusal('param') : undefined)
  }
}
