import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** Starts a mail server on loopback that accepts every mail and keeps the recipient of its envelope and its text. */
export async function startSmtp() {
  const mails: { to: string; text: string }[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.write('220 mail.example\r\n')
    let unread = ''
    let to = ''
    let reads: 'lines' | 'mail' = 'lines'
    const take = (end: string) => {
      const at = unread.indexOf(end)
      if (at === -1) return null
      const taken = unread.slice(0, at)
      unread = unread.slice(at + end.length)
      return taken
    }
    socket.on('data', (chunk: Buffer) => {
      unread += chunk.toString()
      for (;;) {
        const received = take(reads === 'mail' ? '\r\n.\r\n' : '\r\n')
        if (received === null) return
        if (reads === 'mail') mails.push({ to, text: received })
        else to = /^RCPT TO:<(.*?)>/.exec(received)?.[1] ?? to
        const begins = reads === 'lines' && received === 'DATA'
        reads = begins ? 'mail' : 'lines'
        socket.write(begins ? '354 go on\r\n' : '250 ok\r\n')
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not a TCP server')
  return {
    url: `smtp://127.0.0.1:${address.port}`,
    mails,
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
