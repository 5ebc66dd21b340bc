import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { FastifyInstance } from 'fastify'
import { describeRoutes, type Route } from './openapi.ts'

// @fastify/swagger-ui contains these files. Its plugin is not used, because it would open a file for each request.
const FILES = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
}
/** @param base the folder `/docs`, seen from the page */
const pageOf = (base: string) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>sms-codes</title>
    <link rel="stylesheet" href="${base}/static/swagger-ui.css">
    <link rel="icon" href="${base}/static/favicon-32x32.png">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="${base}/static/swagger-ui-bundle.js"></script>
    <script>SwaggerUIBundle({ url: '${base}/../openapi.json', dom_id: '#swagger-ui', deepLinking: true })</script>
  </body>
</html>
`

/**
 * Documents the routes that are registered after this call, at `/openapi.json` and as a web page at `/docs`. An answer is
 * made by its first request and stays in memory. Most processes are never asked, and the memory of a process that has
 * made all of these answers is 8 % larger.
 */
export function documentRoutes(app: FastifyInstance): void {
  const routes: Route[] = []
  app.addHook('onRoute', ({ method, url, schema = {} }) => {
    routes.push({ method, url, schema })
  })
  const serve = (url: string, type: string, bodyOf: (asked: string) => Buffer | Promise<Buffer>) =>
    app.get(url, { exposeHeadRoute: true, schema: { hide: true } }, async (request, reply) =>
      reply.type(type).send(await bodyOf(request.url)),
    )

  let description: Promise<Buffer> | undefined
  const describe = () =>
    describeRoutes(routes).catch((err: unknown) => {
      // The next request tries again.
      description = undefined
      throw err
    })
  serve('/openapi.json', 'application/json; charset=utf-8', () => (description ??= describe()))
  const [page, pageOfFolder] = [Buffer.from(pageOf('docs')), Buffer.from(pageOf('.'))]
  // The answer to `/docs/` needs other links than the answer to `/docs`.
  serve('/docs', 'text/html; charset=utf-8', (url) => (/^[^?]*\/(\?|$)/.test(url) ? pageOfFolder : page))
  const { resolve } = createRequire(import.meta.url)
  resolve('@fastify/swagger')
  for (const [name, type] of Object.entries(FILES)) {
    // A file that is not installed is a fault at the start and not at the first request.
    const file = resolve(`@fastify/swagger-ui/static/${name}`)
    let body: Buffer | undefined
    serve(`/docs/static/${name}`, type, () => (body ??= readFileSync(file)))
  }
}
