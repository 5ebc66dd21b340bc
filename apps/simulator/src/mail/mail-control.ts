// The test's side of the mail server, within /_sim: the mails that arrived and the faults that come next.
import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { MAIL_FAULTS, type MailScript } from './mail-script.ts'
import type { Mailbox } from './mailbox.ts'

// Longer than a mail client should wait for a greeting, shorter than a person looking at the page.
const SLOW_MS = 6_000

const Script = Type.Object(
  {
    fault: Type.String(),
    times: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 1 }),
    delay_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 600_000 })),
  },
  { additionalProperties: false },
)

const MailsQuery = Type.Object({ to: Type.Optional(Type.String()) }, { additionalProperties: false })

export function addMailControl(
  parent: FastifyInstance,
  deps: { mailbox: Mailbox; script: MailScript },
): void {
  const { mailbox, script } = deps
  const app = parent.withTypeProvider<TypeBoxTypeProvider>()

  app.get('/mails', { schema: { querystring: MailsQuery } }, (request, reply) =>
    reply.send(mailbox.list(request.query.to)),
  )

  app.post('/mail_script', { schema: { body: Script } }, (request, reply) => {
    const { fault, times, delay_ms: delayMs = fault === 'slow' ? SLOW_MS : 0 } = request.body
    const name = MAIL_FAULTS.find((known) => known === fault)
    if (name === undefined)
      return reply.code(400).send({ error: `fault must be one of ${MAIL_FAULTS.join(', ')}` })
    script.add({ name, delayMs }, times)
    return reply.send({ pending: script.pending() })
  })

  app.get('/mail_script', (_request, reply) => reply.send({ pending: script.pending() }))

  app.post('/mail_script/clear', (_request, reply) => {
    script.clear()
    return reply.send({ pending: script.pending() })
  })
}
