import type { onRequestHookHandler } from 'fastify'
import { Refusal } from './answers.ts'

/**
 * Refuses a prefetch, and a request that an image or link of another site triggers. The classic call is a GET that
 * sends a message. Without the hook, another site could make a browser send a message without an action of its user.
 * @param origins the other origins whose pages may make the call
 */
export function refuseCrossSiteGet(origins: readonly string[]): onRequestHookHandler {
  return (request, _reply, done) => {
    const { headers } = request
    const purposes = [headers['sec-purpose'], headers['purpose'], headers['x-moz']]
    const isPrefetch = purposes.some((purpose) => /prefetch|preview/i.test(String(purpose ?? '')))
    const isCrossSite = headers['sec-fetch-site'] === 'cross-site'
    const isAllowed = headers['sec-fetch-mode'] === 'cors' && origins.includes(headers.origin ?? '')
    done(isPrefetch || (isCrossSite && !isAllowed) ? new Refusal('param') : undefined)
  }
}
