// GET /_sim/events: new messages and mails as server-sent events. A mail is an event of type `mail`, so a client that
// only knows messages ignores it. A client that names the last event it saw first gets what it missed, so neither a lost
// connection nor a change of the phone number loses anything.
import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import type { Mail } from '../mail/read-mail.ts'
import type { Message } from '../vendors/message.ts'
import { recipientOf } from '../vendors/mobile.ts'
import type { Arrivals, Arrived, Sequence } from './arrivals.ts'

const HEARTBEAT_MS = 15_000

const EventsQuery = Type.Object(
  { to: Type.Optional(Type.String()), since: Type.Optional(Type.String({ pattern: '^\\d{1,15}$' })) },
  { additionalProperties: false },
)

export function addEventStream(
  parent: FastifyInstance,
  deps: { mailbox: Arrivals<Mail>; outbox: Arrivals<Message>; sequence: Sequence },
): void {
  const { mailbox, outbox, sequence } = deps

  parent
    .withTypeProvider<TypeBoxTypeProvider>()
    // The stream never ends, so a HEAD request would never be answered.
    .get('/events', { exposeHeadRoute: false, schema: { querystring: EventsQuery } }, (request, reply) => {
      const { since } = request.query
      const to = recipientOf(request.query.to)
      // After a reconnect the browser sends the header; the URL still has the older number.
      const lastSeen = Number(request.headers['last-event-id'] ?? since ?? sequence.newest())

      reply.hijack()
      const { raw } = reply
      raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      raw.write('retry: 1000\n\n')

      const write = (item: Arrived<Message> | Arrived<Mail>) => {
        if ('lost' in item && item.lost) return
        const type = 'subject' in item ? 'event: mail\n' : ''
        raw.write(`id: ${item.seq}\n${type}data: ${JSON.stringify(item)}\n\n`)
      }
      const missed = [...outbox.list(to), ...mailbox.list(to)].filter(({ seq }) => seq > lastSeen)
      for (const item of missed.toSorted((a, b) => a.seq - b.seq)) write(item)

      const subscriptions = [outbox.subscribe(to, write), mailbox.subscribe(to, write)]
      const heartbeat = setInterval(() => raw.write(': heartbeat\n\n'), HEARTBEAT_MS)
      raw.on('close', () => {
        for (const unsubscribe of subscriptions) unsubscribe()
        clearInterval(heartbeat)
      })
    })
}
