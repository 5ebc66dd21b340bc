// Serves the files of public/, which are read once at start, and the page's configuration.
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Sequence } from '../control/arrivals.ts'
import type { MailServer } from '../mail/mail-server.ts'

const CONTENT_TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

// src/ and dist/ have the same depth, so the relative path is right for both.
const PUBLIC = new URL('../../public/', import.meta.url)

export function servePage(
  app: FastifyInstance,
  deps: { mailServer: MailServer; sequence: Sequence },
  options: { apiUrl: string; gateways: readonly string[]; playsBackEnd: boolean },
): void {
  const api = options.apiUrl.replace(/\/+$/, '')
  const { origin } = new URL(api)
  // The element is a script of the API, shows pictures of the API and calls it.
  const policy = `default-src 'self'; script-src 'self' ${origin}; connect-src 'self' ${origin}; img-src 'self' ${origin}; frame-ancestors 'none'`

  for (const file of readdirSync(PUBLIC)) {
    const type = CONTENT_TYPES[extname(file)]
    if (type === undefined) continue
    const content = readFileSync(new URL(file, PUBLIC))
    app.get(file === 'index.html' ? '/' : `/${file}`, (_request, reply) =>
      reply
        .headers({
          'content-type': type,
          'content-security-policy': policy,
          'x-content-type-options': 'nosniff',
          'cache-control': 'no-cache',
        })
        .send(content),
    )
  }

  app.get('/config.json', (_request, reply) =>
    reply.header('cache-control', 'no-store').send({
      api_url: api,
      newest: deps.sequence.newest(),
      gateways: options.gateways,
      smtp_port: deps.mailServer.port(),
      plays_back_end: options.playsBackEnd,
    }),
  )
}
