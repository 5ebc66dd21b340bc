// An SMTP server that stores every mail and forwards none. Without an ordered fault it accepts any sender, recipient and
// password. It offers no TLS, because clients would reject its self-signed certificate.
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import smtp, { type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import type { Clock } from '../clock.ts'
import type { Arrivals } from '../control/arrivals.ts'
import type { FaultScript } from '../control/fault-script.ts'
import { MAIL_TARGET, type MailFault, type MailFaultName } from './mail-faults.ts'
import { readMail, type Mail } from './read-mail.ts'

const MAX_BYTES = 1024 * 1024

type Answer = (error?: Error | null) => void
type AuthAnswer = (error: Error | null, response?: { user: string | undefined }) => void

export type MailServer = ReturnType<typeof createMailServer>

export function createMailServer(deps: {
  clock: Clock
  mailbox: Arrivals<Mail>
  faults: FaultScript<MailFault>
}) {
  const { clock, mailbox, faults } = deps
  // smtp-server does not expose a session's socket, so sockets are found by the client's port.
  const sockets = new Map<number, Socket>()
  const disconnect = (session: SMTPServerSession) => sockets.get(session.remotePort)?.destroy()

  /** Takes the next fault if it belongs to this step of the SMTP dialogue, and waits for its delay. */
  async function takeFault(...names: MailFaultName[]): Promise<MailFaultName | null> {
    const fault = faults.take(MAIL_TARGET.gateway, isMailFault, ({ name }) => names.includes(name))
    await delayOf(fault)
    return fault?.name ?? null
  }

  async function onConnect(session: SMTPServerSession, answer: Answer) {
    if ((await takeFault('refuse', 'slow')) === 'refuse') disconnect(session)
    else answer()
  }

  async function onAuth(user: string | undefined, answer: AuthAnswer) {
    if ((await takeFault('auth')) === null) answer(null, { user })
    else answer(refusal(535, '5.7.8 Authentication credentials invalid'))
  }

  async function onMailFrom(session: SMTPServerSession, answer: Answer) {
    // `refuse` also ends a connection that was open before the fault was ordered.
    if ((await takeFault('refuse')) === 'refuse') disconnect(session)
    else answer()
  }

  async function onRcptTo(answer: Answer) {
    const fault = await takeFault('greylist', 'bad_address')
    if (fault === 'greylist') answer(refusal(451, '4.7.1 Greylisted, try again later'))
    else if (fault === 'bad_address') answer(refusal(550, '5.1.1 No such user here'))
    else answer()
  }

  async function onData(stream: SMTPServerDataStream, session: SMTPServerSession, answer: Answer) {
    const fault = faults.take(
      MAIL_TARGET.gateway,
      isMailFault,
      ({ name }) => name === 'policy' || name.startsWith('accept'),
    )
    const raw = await buffer(stream)
    if (fault?.name === 'policy') {
      await delayOf(fault)
      answer(refusal(554, '5.7.1 Rejected by policy'))
    } else if (stream.sizeExceeded) {
      answer(refusal(552, '5.3.4 Message too big'))
    } else {
      await store(raw, session)
      await delayOf(fault)
      if (fault?.name === 'accept_drop') disconnect(session)
      else if (fault?.name !== 'accept_hang') answer()
    }
  }

  async function store(raw: Buffer, { envelope }: SMTPServerSession) {
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
    onConnect: (session, answer) => void onConnect(session, answer),
    onAuth: (auth, _session, answer) => void onAuth(auth.username, answer),
    onMailFrom: (_address, session, answer) => void onMailFrom(session, answer),
    onRcptTo: (_address, _session, answer) => void onRcptTo(answer),
    onData: (stream, session, answer) => void onData(stream, session, answer).catch(answer),
  })
  server.server.on('connection', (socket: Socket) => {
    const { remotePort = 0 } = socket
    sockets.set(remotePort, socket)
    socket.on('close', () => sockets.delete(remotePort))
  })
  // A client may disconnect in the middle of a dialogue; smtp-server reports that as an error.
  server.on('error', () => {})

  return {
    async listen(port: number, host: string): Promise<void> {
      await once(server.listen(port, host), 'listening')
    },

    /** The port in use, also when the configuration asked for any free port. */
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

/** All mail faults wait in one line, whichever step of the dialogue they belong to. */
function isMailFault(_fault: MailFault): _fault is MailFault {
  return true
}

/** A pending delay does not keep the process alive. */
async function delayOf(fault: MailFault | null): Promise<void> {
  if (fault !== null && fault.delayMs > 0) await sleep(fault.delayMs, undefined, { ref: false })
}

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode })
}
