// The demo page: a closed list of files beside the sources, and what the page must be told: where the API is, and what
// there is to break.
import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import type { MailSink } from '../mail/mail-sink.ts'
import type { Sequence } from '../vendors/sequence.ts'

const HTML = 'text/html; charset=utf-8'
const CSS = 'text/css; charset=utf-8'
const JS = 'text/javascript; charset=utf-8'
const SVG = 'image/svg+xml'

const FILES = [
  { url: '/', file: 'index.html', type: HTML },
  { url: '/favicon.svg', file: 'favicon.svg', type: SVG },
  { url: '/page.css', file: 'page.css', type: CSS },
  { url: '/form.css', file: 'form.css', type: CSS },
  { url: '/phone.css', file: 'phone.css', type: CSS },
  { url: '/status.css', file: 'status.css', type: CSS },
  { url: '/mailbox.css', file: 'mailbox.css', type: CSS },
  { url: '/breakage.css', file: 'breakage.css', type: CSS },
  { url: '/demo.js', file: 'demo.js', type: JS },
  { url: '/api.js', file: 'api.js', type: JS },
  { url: '/breakage.js', file: 'breakage.js', type: JS },
  { url: '/clock.js', file: 'clock.js', type: JS },
  { url: '/contact.js', file: 'contact.js', type: JS },
  { url: '/faults.js', file: 'faults.js', type: JS },
  { url: '/mailbox.js', file: 'mailbox.js', type: JS },
  { url: '/phone.js', file: 'phone.js', type: JS },
  { url: '/proof.js', file: 'proof.js', type: JS },
  { url: '/result.js', file: 'result.js', type: JS },
  { url: '/status.js', file: 'status.js', type: JS },
  { url: '/texts.js', file: 'texts.js', type: JS },
  { url: '/texts-en.js', file: 'texts-en.js', type: JS },
  { url: '/texts-zh.js', file: 'texts-zh.js', type: JS },
]

// src/ and dist/ lie side by side, so the same relative address serves both.
const PUBLIC = new URL('../../public/', import.meta.url)

export function addPage(
  app: FastifyInstance,
  deps: { mailSink: MailSink; sequence: Sequence },
  options: { apiUrl: string; gateways: readonly string[]; storesContacts: boolean },
): void {
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
    reply.header('cache-control', 'no-store').send({
      api_url: api,
      newest: deps.sequence.newest(),
      gateways: options.gateways,
      smtp_port: deps.mailSink.port(),
      stores_contacts: options.storesContacts,
    }),
  )
}
