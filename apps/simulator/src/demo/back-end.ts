// POST /demo/contact and /demo/redeem: play the application's back end, which tells the API the e-mail address of a phone
// and redeems receipts. The API key stays in this process, because a browser could not keep it secret.
import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { CHINESE_MOBILE, INTERNATIONAL } from '../vendors/mobile.ts'

const TIMEOUT_MS = 5_000

const Mobile = Type.String({ pattern: `${CHINESE_MOBILE.source}|${INTERNATIONAL.source}` })
const Contact = Type.Object(
  { mobile: Mobile, email: Type.String({ minLength: 3, maxLength: 254 }) },
  { additionalProperties: false },
)
const Receipt = Type.Object(
  { receipt: Type.String({ maxLength: 3072 }), mobile: Type.String(), scene: Type.String() },
  { additionalProperties: false },
)

type Call = { method: 'POST' | 'PUT'; path: string; body: object }

export function addBackEnd(parent: FastifyInstance, options: { apiUrl: string; apiKey: string }): void {
  const app = parent.withTypeProvider<TypeBoxTypeProvider>()
  const api = options.apiUrl.replace(/\/+$/, '')

  /** Calls the API with the key and passes its answer on to the page. */
  async function call({ method, path, body }: Call, request: FastifyRequest, reply: FastifyReply) {
    if (options.apiKey === '') return reply.code(404).send({ error: 'DEMO_API_KEY is not set' })
    try {
      const answer = await fetch(api + path, {
        method,
        headers: {
          authorization: `Bearer ${options.apiKey}`,
          'content-type': 'application/json',
          'accept-language': request.headers['accept-language'] ?? 'zh',
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      if (answer.status === 204) return await reply.code(204).send()
      const json: unknown = await answer.json()
      return await reply.code(answer.status).send(json)
    } catch {
      return reply.code(502).send({ error: `the API at ${api} did not give a valid answer` })
    }
  }

  app.post('/demo/contact', { schema: { body: Contact } }, async (request, reply) => {
    const { mobile, email } = request.body
    // A real back end would first send a link to the address and wait until it is opened.
    const body = { email, verified_at: new Date().toISOString() }
    return call({ method: 'PUT', path: `/v1/contacts/${encodeURIComponent(mobile)}`, body }, request, reply)
  })

  app.post('/demo/redeem', { schema: { body: Receipt } }, async (request, reply) =>
    call({ method: 'POST', path: '/v1/receipts/redeem', body: request.body }, request, reply),
  )
}
