// New messages and mails as server-sent events; a mail is an event of the type "mail", so that a reader of messages need
// not know of it. A reader that names the last one it saw gets what it missed first, so a broken connection or a change
// of number loses nothing.
import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { isSameAddress, type Mail, type Mailbox } from '../mail/mailbox.ts'
import type { Message, Outbox } from '../control/outbox.ts'
import type { Sequence } from '../vendors/sequence.ts'

const HEARTBEAT_MS = 15_000

const EventsQuery = Type.Object(
  { to: Type.Optional(Type.String()), since: Type.Optional(Type.String({ pattern: '^\\d{1,15}$' })) },
  { additionalProperties: false },
)

export function addEventsRoute(
  parent: FastifyInstance,
  deps: { mailbox: Mailbox; outbox: Outbox; sequence: Sequence },
): void {
  const { mailbox, outbox, sequence } = deps

  parent
    .withTypeProvider<TypeBoxTypeProvider>()
    // A HEAD has no body to wait for, so there is none here.
    .get('/events', { exposeHeadRoute: false, schema: { querystring: EventsQuery } }, (request, reply) => {
      const { to, since } = request.query
      // The browser sends the header by itself when it connects again; it knows better than the address.
      const lastSeen = Number(request.headers['last-event-id'] ?? since ?? sequence.newest())

      reply.hijack()
      const { raw } = reply
      raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      raw.write('retry: 1000\n\n')

      const write = (one: Message | Mail) => {
        if (to !== undefined && !isSameAddress(one.to, to)) return
        if ('lost' in one && one.lost) return
        const type = 'subject' in one ? 'event: mail\n' : ''
        raw.write(`id: ${one.seq}\n${type}data: ${JSON.stringify(one)}\n\n`)
      }
      const missed = [...outbox.list(to), ...mailbox.list(to)].filter(({ seq }) => seq > lastSeen)
      for (const one of missed.toSorted((a, b) => a.seq - b.seq)) write(one)

      const subscriptions = [outbox.subscribe(write), mailbox.subscribe(write)]
      const heartbeat = setInterval(() => raw.write(': still here\n\n'), HEARTBEAT_MS)
      raw.on('close', () => {
        for (const unsubscribe of subscriptions) unsubscribe()
        clearInterval(heartbeat)
      })
    })
}
