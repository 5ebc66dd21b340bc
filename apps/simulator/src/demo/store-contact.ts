// POST /demo/contact: plays the application's back end, which tells the API the e-mail address of a phone. The API key
// stays in this process, because a browser could not keep it secret.
import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'

const TIMEOUT_MS = 5_000

const Contact = Type.Object(
  {
    mobile: Type.String({ pattern: '^(1[3-9]\\d{9}|\\+[1-9]\\d{6,14})$' }),
    email: Type.String({ minLength: 3, maxLength: 254 }),
  },
  { additionalProperties: false },
)

export function addStoreContact(app: FastifyInstance, options: { apiUrl: string; apiKey: string }): void {
  const api = options.apiUrl.replace(/\/+$/, '')

  app
    .withTypeProvider<TypeBoxTypeProvider>()
    .post('/demo/contact', { schema: { body: Contact } }, async (request, reply) => {
      if (options.apiKey === '') return reply.code(404).send({ error: 'DEMO_API_KEY is not set' })
      const { mobile, email } = request.body
      const call = {
        method: 'PUT',
        headers: {
          authorization: `Bearer ${options.apiKey}`,
          'content-type': 'application/json',
          'accept-language': request.headers['accept-language'] ?? 'zh',
        },
        // A real back end would first send a link to the address and wait until it is opened.
        body: JSON.stringify({ email, verified_at: new Date().toISOString() }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      }
      try {
        const answer = await fetch(`${api}/v1/contacts/${encodeURIComponent(mobile)}`, call)
        if (answer.status === 204) return await reply.code(204).send()
        const body: unknown = await answer.json()
        return await reply.code(answer.status).send(body)
      } catch {
        return reply.code(502).send({ error: `the API at ${api} did not give a valid answer` })
      }
    })
}
