// New messages as server-sent events. A reader that names the last message it saw gets what it missed first, so a
// broken connection or a change of number loses nothing.
import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import type { Message, Outbox } from './outbox.ts'

const HEARTBEAT_MS = 15_000

const EventsQuery = Type.Object(
  { to: Type.Optional(Type.String()), since: Type.Optional(Type.String({ pattern: '^\\d{1,15}$' })) },
  { additionalProperties: false },
)

export function addEventsRoute(parent: FastifyInstance, deps: { outbox: Outbox }): void {
  const { outbox } = deps

  parent
    .withTypeProvider<TypeBoxTypeProvider>()
    // A HEAD has no body to wait for, so there is none here.
    .get('/events', { exposeHeadRoute: false, schema: { querystring: EventsQuery } }, (request, reply) => {
      const { to, since } = request.query
      // The browser sends the header by itself when it connects again; it knows better than the address.
      const lastSeen = Number(request.headers['last-event-id'] ?? since ?? outbox.newest())

      reply.hijack()
      const { raw } = reply
      raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      raw.write('retry: 1000\n\n')

      const write = (message: Message) => {
        if (message.lost) return
        if (to === undefined || message.to === to) {
          raw.write(`id: ${message.seq}\ndata: ${JSON.stringify(message)}\n\n`)
        }
      }
      for (const message of outbox.list(to)) if (message.seq > lastSeen) write(message)

      const unsubscribe = outbox.subscribe(write)
      const heartbeat = setInterval(() => raw.write(': still here\n\n'), HEARTBEAT_MS)
      raw.on('close', () => {
        unsubscribe()
        clearInterval(heartbeat)
      })
    })
}
