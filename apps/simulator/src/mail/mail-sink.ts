// A mail server that keeps what it gets and sends nothing on. It takes every sender, every recipient and every password
// unless a fault was ordered. It offers no TLS: the certificate would be made up, and a client that checks it would not
// talk to us.
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import smtp, { type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import type { Clock } from '../clock.ts'
import { readMail } from './mail.ts'
import type { MailFault, MailScript } from './mail-script.ts'
import type { Mailbox } from './mailbox.ts'

const MAX_BYTES = 1024 * 1024

type Answer = (error?: Error | null) => void

export type MailSink = ReturnType<typeof createMailSink>

export function createMailSink(deps: { clock: Clock; mailbox: Mailbox; script: MailScript }) {
  const { clock, mailbox, script } = deps
  // A session names its client by address and port; the socket itself is the server's own affair.
  const sockets = new Map<number, Socket>()
  const hangUp = (session: SMTPServerSession) => sockets.get(session.remotePort)?.destroy()

  async function greet(session: SMTPServerSession, answer: Answer) {
    const fault = script.take('refuse', 'slow')
    await delayOf(fault)
    if (fault?.name === 'refuse') hangUp(session)
    else answer()
  }

  async function begin(session: SMTPServerSession, answer: Answer) {
    // A connection that was open before the server went down goes down with it.
    const fault = script.take('refuse')
    await delayOf(fault)
    if (fault === null) answer()
    else hangUp(session)
  }

  async function address(answer: Answer) {
    const fault = script.take('greylist', 'bad_address')
    await delayOf(fault)
    if (fault === null) answer()
    else if (fault.name === 'greylist') answer(refusal(451, '4.7.1 Greylisted, try again later'))
    else answer(refusal(550, '5.1.1 No such user here'))
  }

  async function receive(stream: SMTPServerDataStream, session: SMTPServerSession, answer: Answer) {
    const fault = script.take('policy', 'accept', 'accept_drop', 'accept_hang')
    const raw = await buffer(stream)
    if (fault?.name === 'policy') {
      await delayOf(fault)
      answer(refusal(554, '5.7.1 Rejected by policy'))
      return
    }
    if (stream.sizeExceeded) {
      answer(refusal(552, '5.3.4 Message too big'))
      return
    }
    await record(raw, session)
    await delayOf(fault)
    if (fault?.name === 'accept_drop') hangUp(session)
    else if (fault?.name !== 'accept_hang') answer()
  }

  async function record(raw: Buffer, { envelope }: SMTPServerSession) {
    const mail = await readMail(raw, envelope.mailFrom === false ? '' : envelope.mailFrom.address)
    for (const { address: to } of envelope.rcptTo) mailbox.record({ to, ...mail, at: clock.now() })
  }

  const server = new smtp.SMTPServer({
    name: 'simulator',
    logger: false,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    authOptional: true,
    size: MAX_BYTES,
    onConnect: (session, answer) => void greet(session, answer),
    onAuth(auth, _session, answer) {
      const fault = script.take('auth')
      const refused = () => answer(refusal(535, '5.7.8 Authentication credentials invalid'))
      void delayOf(fault).then(() => (fault === null ? answer(null, { user: auth.username }) : refused()))
    },
    onMailFrom: (_address, session, answer) => void begin(session, answer),
    onRcptTo: (_address, _session, answer) => void address(answer),
    // What cannot be parsed is refused like anything else that is no mail.
    onData: (stream, session, answer) => void receive(stream, session, answer).catch(answer),
  })
  server.server.on('connection', (socket: Socket) => {
    const { remotePort = 0 } = socket
    sockets.set(remotePort, socket)
    socket.on('close', () => sockets.delete(remotePort))
  })
  // A client that hangs up halfway is its own business.
  server.on('error', () => {})

  return {
    async listen(port: number, host: string): Promise<void> {
      await once(server.listen(port, host), 'listening')
    },

    /** The one it listens on, when 0 was asked for too. */
    port(): number {
      const bound = server.server.address()
      return typeof bound === 'object' && bound !== null ? bound.port : 0
    },

    async close(): Promise<void> {
      const closed = new Promise<void>((resolve) => server.close(resolve))
      for (const socket of sockets.values()) socket.destroy()
      await closed
    },
  }
}

// What waits does not keep the process alive.
async function delayOf(fault: MailFault | null): Promise<void> {
  if (fault !== null && fault.delayMs > 0) await sleep(fault.delayMs, undefined, { ref: false })
}

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode })
}
