import { readFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'
import { throwaway } from '@sms-codes/gateways/test/servers'

export { throwaway }
/** A certificate for 127.0.0.1 with the throwaway key. Its time was over in 2020. */
export const expired = {
  key: throwaway.key,
  cert: readFileSync(new URL('fixtures/expired-cert.pem', import.meta.url), 'utf8'),
}

/** The phases of an SMTP session. `content` is the first part of the mail, `end` is the line with the final dot. */
export type Phase =
  | 'greeting'
  | 'EHLO'
  | 'HELO'
  | 'STARTTLS'
  | 'handshake'
  | 'AUTH'
  | 'MAIL'
  | 'RCPT'
  | 'DATA'
  | 'content'
  | 'end'
export type Mode = 'plain' | 'starttls' | 'implicit'
/** What the server does in a phase: a reply, or the end of the connection, or nothing, or a line at a time. */
export type Act = `${number} ${string}` | 'close' | 'reset' | 'hang' | 'drip'

type ScriptedOptions = {
  mode?: Mode
  certificate?: { key: string; cert: string }
  /** Chooses the acts of the nth connection, from 0. */
  script?: (connection: number) => Partial<Record<Phase, Act>>
}

const REPLIES: Record<Exclude<Phase, 'content' | 'handshake'>, string> = {
  greeting: '220 mail.example',
  EHLO: '250-mail.example\r\n250-AUTH PLAIN\r\n250 SIZE 100000',
  HELO: '250 mail.example',
  STARTTLS: '220 go on',
  AUTH: '235 ok',
  MAIL: '250 ok',
  RCPT: '250 ok',
  DATA: '354 go on',
  end: '250 ok',
}

/** Starts an SMTP server on loopback that follows a script. It accepts a mail unless the script says otherwise. */
export async function startScriptedSmtp(options: ScriptedOptions = {}) {
  const { mode = 'plain', certificate = throwaway, script = () => ({}) } = options
  const wires = new Set<Socket>()
  const mails: string[] = []
  let [connections, mostOpen] = [0, 0]
  const server = createServer({ allowHalfOpen: true }, (wire) => {
    const acts = script(connections++)
    wires.add(wire)
    mostOpen = Math.max(mostOpen, wires.size)
    wire.on('close', () => wires.delete(wire))
    wire.on('error', () => {})
    // A server that drips goes on with it after the client has ended its side.
    wire.on('end', () => Object.values(acts).includes('drip') || wire.end())
    talk(wire, acts)
  })

  function talk(wire: Socket, acts: Partial<Record<Phase, Act>>): void {
    let unread = ''
    let reads: 'lines' | 'mail' = 'lines'

    function play(socket: Socket, phase: Phase, reply: string): boolean {
      const act = acts[phase] ?? reply
      if (act === 'reset') wire.resetAndDestroy()
      else if (act === 'close') wire.destroy()
      else if (act === 'drip') {
        const timer = setInterval(() => socket.write('250-still here\r\n'), 20)
        wire.on('close', () => clearInterval(timer))
      } else if (act !== 'hang') socket.write(`${act}\r\n`)
      return act === reply
    }
    function converse(socket: Socket, offersTls: boolean): void {
      socket.on('error', () => {})
      socket.on('data', (chunk: Buffer) => {
        unread += chunk.toString()
        for (;;) {
          if (reads === 'mail' && acts.content !== undefined) {
            play(socket, 'content', '')
            return
          }
          const end = reads === 'mail' ? '\r\n.\r\n' : '\r\n'
          const at = unread.indexOf(end)
          if (at === -1) return
          const text = unread.slice(0, at)
          unread = unread.slice(at + end.length)
          if (reads === 'mail') {
            reads = 'lines'
            if (play(socket, 'end', REPLIES.end)) mails.push(text)
          } else command(socket, text, offersTls)
        }
      })
    }
    function command(socket: Socket, line: string, offersTls: boolean): void {
      const [verb = ''] = line.split(' ')
      if (verb === 'EHLO') play(socket, 'EHLO', offersTls ? '250-mail.example\r\n250 STARTTLS' : REPLIES.EHLO)
      else if (verb === 'STARTTLS' && !offersTls) play(socket, 'STARTTLS', '502 not here')
      else if (verb === 'STARTTLS') {
        if (play(socket, 'STARTTLS', REPLIES.STARTTLS)) secure(false)
      } else if (verb === 'DATA') {
        if (play(socket, 'DATA', REPLIES.DATA)) reads = 'mail'
      } else if (verb === 'HELO' || verb === 'AUTH' || verb === 'MAIL' || verb === 'RCPT')
        play(socket, verb, REPLIES[verb])
    }
    function secure(greets: boolean): void {
      if (acts.handshake !== undefined) {
        wire.once('data', () => play(wire, 'handshake', ''))
        return
      }
      wire.removeAllListeners('data')
      const socket = new TLSSocket(wire, { isServer: true, ...certificate })
      converse(socket, false)
      if (greets) socket.once('secure', () => play(socket, 'greeting', REPLIES.greeting))
    }

    if (mode === 'implicit') secure(true)
    else {
      converse(wire, mode === 'starttls')
      play(wire, 'greeting', REPLIES.greeting)
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not a TCP server')
  const { port } = address
  onTestFinished(() => {
    for (const wire of wires) wire.destroy()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  const scheme = mode === 'implicit' ? 'smtps' : 'smtp'
  const trust = `?tls.ca=${encodeURIComponent(certificate.cert)}`
  return {
    mails,
    /** The number of open connections. */
    open: () => wires.size,
    /** The most connections that were open at the same time. */
    mostOpen: () => mostOpen,
    /** The URL of the server, with a password, and with trust in its certificate unless `isTrusted` is false. */
    url: ({ host = '127.0.0.1', isTrusted = true } = {}) =>
      `${scheme}://user:secret@${host}:${port}${mode !== 'plain' && isTrusted ? trust : ''}`,
  }
}
