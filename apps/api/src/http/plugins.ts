import cors from '@fastify/cors'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

/** Lets pages of these origins call the API. A preflight request from another origin gets 404. */
export async function allowOrigins(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  await app.register(cors, {
    origin: async (origin?: string) => origins.find((allowed) => allowed === origin) ?? false,
    strictPreflight: false,
    methods: ['GET', 'POST'],
    allowedHeaders: ['content-type', 'idempotency-key'],
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
  app.addContentTypeParser(/^application\/json(; charset="utf-?8")?$/i, { parseAs: 'string' }, parser)
}

/** Documents the routes that are registered after this call, at `/openapi.json` and as a web page at `/docs`. */
export async function documentRoutes(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'sms-codes', version: '1', description: 'SMS verification codes' },
      components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
    },
  })
  await app.register(swaggerUi, { routePrefix: '/docs' })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}
