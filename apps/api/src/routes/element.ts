import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'

const { resolve } = createRequire(import.meta.url)

/** @param find returns the path of the file, or throws */
export function readBundle(find = () => resolve('@sms-codes/element')): Buffer {
  try {
    return readFileSync(find())
  } catch (cause) {
    throw new Error('the bundle of <sms-code> is missing; run: npm run build -w @sms-codes/element', {
      cause,
    })
  }
}

const acceptsGzip = ({ headers }: FastifyRequest) =>
  /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(headers['accept-encoding'] ?? '')

/** Lets a page of any origin load a script, also an isolated page (Cross-Origin-Embedder-Policy). */
const OPEN = {
  'content-type': 'text/javascript; charset=utf-8',
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
}

/**
 * `/element.js` and `/element.<hash>.js`: the custom element `<sms-code>`. A page names the first one, which only
 * imports the second one. So a cache keeps the element for a year, and a page still has a new version after five
 * minutes. A bundle that was not built is a fault at the start.
 */
export const elementRoutes: FastifyPluginAsync = async (app) => {
  const bundle = readBundle()
  const current = createHash('sha256').update(bundle).digest('hex').slice(0, 16)
  const zipped = gzipSync(bundle, { level: 9 })
  const options = { exposeHeadRoute: true, schema: { hide: true } }

  // Compressed, the one line of the entry would be longer.
  app.get('/element.js', options, (_request, reply) =>
    reply
      .headers({ ...OPEN, 'cache-control': 'public, max-age=300' })
      .send(`import './element.${current}.js'\n`),
  )
  // While processes of two versions run, a page may ask one for the file of the other. It gets the file that the
  // process has, because a page without the element is worse; a page with `integrity` refuses it.
  app.get<{ Params: { hash: string } }>('/element.:hash.js', options, (request, reply) => {
    const isCurrent = request.params.hash === current
    const isZipped = acceptsGzip(request)
    return reply
      .headers({
        ...OPEN,
        'cache-control': isCurrent ? 'public, max-age=31536000, immutable' : 'no-store',
        vary: 'accept-encoding',
        ...(isZipped && { 'content-encoding': 'gzip' }),
      })
      .send(isZipped ? zipped : bundle)
  })
}
