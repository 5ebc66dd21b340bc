// The demo page: a closed list of files beside the sources, and the one thing the page must be told, where the API is.
import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import type { Outbox } from './outbox.ts'

const FILES = [
  { url: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
  { url: '/demo.css', file: 'demo.css', type: 'text/css; charset=utf-8' },
  { url: '/demo.js', file: 'demo.js', type: 'text/javascript; charset=utf-8' },
  { url: '/texts.js', file: 'texts.js', type: 'text/javascript; charset=utf-8' },
  { url: '/api.js', file: 'api.js', type: 'text/javascript; charset=utf-8' },
  { url: '/phone.js', file: 'phone.js', type: 'text/javascript; charset=utf-8' },
  { url: '/status.js', file: 'status.js', type: 'text/javascript; charset=utf-8' },
  { url: '/favicon.svg', file: 'favicon.svg', type: 'image/svg+xml' },
]

// src/ and dist/ lie side by side, so the same relative address serves both.
const PUBLIC = new URL('../public/', import.meta.url)

export function addPage(app: FastifyInstance, deps: { outbox: Outbox }, options: { apiUrl: string }): void {
  const api = options.apiUrl.replace(/\/+$/, '')
  const { origin } = new URL(api)
  const policy = `default-src 'self'; connect-src 'self' ${origin}; img-src 'self' data: blob: ${origin}; frame-ancestors 'none'`

  for (const { url, file, type } of FILES) {
    const content = readFileSync(new URL(file, PUBLIC))
    app.get(url, (_request, reply) =>
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
    reply.header('cache-control', 'no-store').send({ api_url: api, newest: deps.outbox.newest() }),
  )
}
