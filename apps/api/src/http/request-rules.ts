import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import { Refusal } from './answers.ts'

/**
 * Lets pages of these origins call the API. A preflight request from another origin gets 404.
 * @param headers request headers that the pages may send in addition to those of the API
 */
export async function allowOrigins(
  app: FastifyInstance,
  origins: readonly string[],
  headers: readonly string[],
): Promise<void> {
  await app.register(cors, {
    origin: async (origin?: string) => origins.find((allowed) => allowed === origin) ?? false,
    strictPreflight: false,
    methods: ['GET', 'POST'],
    allowedHeaders: ['content-type', 'idempotency-key', ...headers],
    exposedHeaders: ['idempotent-replayed', 'retry-after'],
    maxAge: 600,
  })
}

/**
 * Accepts JSON in UTF-8 as the only kind of body. A body with another charset could mean something else to its
 * sender, so the API refuses the body. The API also refuses a body with a field that would change a prototype.
 */
export function acceptJsonBodies(app: FastifyInstance): void {
  const parser = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser(['text/plain', 'application/json'])
  // Fastify compares the normalised content type: it has one blank after the semicolon, and the charset is in quotes.
  app.addContentTypeParser(/^application\/json(; charset="utf-?8")?$/i, { parseAs: 'string' }, parser)
  app.addHook('onRequest', async ({ method, headers }) => {
    // Many HTTP clients name a content type for a DELETE that has no body.
    const isEmpty = (headers['content-length'] ?? '0') === '0' && headers['transfer-encoding'] === undefined
    if (method === 'DELETE' && isEmpty) delete headers['content-type']
  })
}

/** Refuses a request of HTTP/1.1 without the header `Host`, as the standard demands. Node's own refusal has no body. */
export function requireHost(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ headers, raw }) => {
    if (headers.host === undefined && raw.httpVersion === '1.1') throw new Refusal('param')
  })
}
