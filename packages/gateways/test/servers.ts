// Owns the servers of the tests: real sockets on loopback that can answer or fail in every way in which a vendor or a
// network can. Each server is closed when its test ends.
import { EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'
import { freePort } from '@sms-codes/launcher/ports'

/** A key pair for these tests only. The certificate is for 127.0.0.1. */
export const throwaway = {
  key: readFileSync(new URL('fixtures/throwaway-key.pem', import.meta.url), 'utf8'),
  cert: readFileSync(new URL('fixtures/throwaway-cert.pem', import.meta.url), 'utf8'),
}

/** The certificate of a private authority, and one that it signed for vendor.example and localhost. For tests only. */
export const privateCa = readFileSync(new URL('fixtures/private-ca-cert.pem', import.meta.url), 'utf8')
export const vendorPair = {
  key: readFileSync(new URL('fixtures/vendor-key.pem', import.meta.url), 'utf8'),
  cert: readFileSync(new URL('fixtures/vendor-cert.pem', import.meta.url), 'utf8'),
}

/** What a server does after it has read a whole request. `wire` is the TCP socket, with TLS as well. */
export type Behaviour = (socket: Socket, wire: Socket) => void
export type ServerOptions = { tls?: boolean | typeof throwaway; onAccept?: (wire: Socket) => void }
export type TestServer = Awaited<ReturnType<typeof serve>>

export async function serve(behaviour: Behaviour, { tls = false, onAccept }: ServerOptions = {}) {
  const requests: string[] = []
  const wires: Socket[] = []
  const reads = new EventEmitter()
  const firstRequest = once(reads, 'request')

  const pair = tls === true ? throwaway : tls
  const server = createServer((wire) => {
    wires.push(wire)
    wire.on('error', () => {})
    if (onAccept) return onAccept(wire)
    const socket = pair ? new TLSSocket(wire, { isServer: true, ...pair }) : wire
    socket.on('error', () => {})
    let unread = ''
    socket.on('data', (chunk: Buffer) => {
      unread += chunk.toString('latin1')
      const end = requestEnd(unread)
      if (end === undefined) return
      requests.push(Buffer.from(unread.slice(0, end), 'latin1').toString('utf8'))
      unread = unread.slice(end)
      reads.emit('request')
      behaviour(socket, wire)
    })
  })
  const port = await listen(server)
  onTestFinished(() => {
    for (const wire of wires) wire.destroy()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  return { url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`, port, requests, wires, firstRequest }
}

/** A port on which nothing listens, and which no other process takes. */
export const deadPort = freePort

export function http(
  status: number,
  body: string | Buffer = '',
  headers: Record<string, string> = {},
): Buffer {
  const bytes = Buffer.from(body)
  const all = { 'content-type': 'application/json', 'content-length': String(bytes.length), ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} X\r\n${lines.join('')}\r\n`), bytes])
}

export const answer =
  (status: number, body: string | Buffer = '', headers: Record<string, string> = {}): Behaviour =>
  (socket) =>
    socket.write(http(status, body, headers))

export const bytes =
  (text: string): Behaviour =>
  (socket) =>
    socket.end(text)

export const hang: Behaviour = () => {}
export const reset: Behaviour = (_socket, wire) => wire.resetAndDestroy()
export const finish: Behaviour = (socket) => socket.end()

/** Announces 1000 bytes, sends `body` and closes. */
export const cut =
  (body: string): Behaviour =>
  (socket) =>
    socket.end(http(200, body, { 'content-length': '1000' }))

/** Sends a byte from time to time and never ends. */
export const drip: Behaviour = (socket) => {
  socket.write(http(200, '{', { 'content-length': '1000' }))
  const timer = setInterval(() => socket.write(' '), 10)
  socket.on('close', () => clearInterval(timer))
}

function requestEnd(text: string): number | undefined {
  const head = text.indexOf('\r\n\r\n')
  if (head === -1) return undefined
  const length = Number(/^content-length: (\d+)/im.exec(text.slice(0, head))?.[1] ?? 0)
  // The text is latin1, so that its characters count as bytes.
  return text.length >= head + 4 + length ? head + 4 + length : undefined
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not a TCP server')
  return address.port
}
