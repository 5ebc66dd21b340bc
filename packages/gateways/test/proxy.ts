// A real HTTP proxy on loopback for the tests. It opens tunnels to one server, whatever name a CONNECT has, so that a test
// can use the name of a vendor. It is closed when its test ends.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { onTestFinished } from 'vitest'
import { vendorPair } from './servers.ts'

/** What the proxy does with a CONNECT. `tunnel` opens the tunnel and returns the socket to the vendor. */
type OnConnect = (client: Duplex, tunnel: () => Socket) => void
type ProxyOptions = { onConnect?: OnConnect; onAccept?: (wire: Socket) => void; tls?: boolean }
export type TestProxy = Awaited<ReturnType<typeof startProxy>>

export async function startProxy(vendorPort: number, options: ProxyOptions = {}) {
  const { onConnect = (_client, tunnel) => tunnel(), onAccept, tls = false } = options
  const connects: IncomingMessage[] = []
  const wires: Socket[] = []
  /** All bytes that clients sent into tunnels. */
  let carried = ''
  const refuse: RequestListener = (_request, response) => void response.writeHead(400).end()
  const server = tls ? createTlsServer(vendorPair, refuse) : createServer(refuse)
  server.on('connection', (wire: Socket) => {
    wires.push(wire)
    wire.on('error', () => {})
    onAccept?.(wire)
  })
  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    connects.push(request)
    client.on('error', () => client.destroy())
    client.on('data', (chunk: Buffer) => (carried += chunk.toString('latin1')))
    onConnect(client, () => {
      const vendor = connect(vendorPort, '127.0.0.1')
      vendor.on('error', () => client.destroy())
      vendor.on('close', () => client.destroy())
      client.on('close', () => vendor.destroy())
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      vendor.write(head)
      client.pipe(vendor)
      vendor.pipe(client)
      return vendor
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const wire of wires) wire.destroy()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    port: port ?? 0,
    /** @param login `user:password`, percent-encoded */
    url: (login = '') => `http${tls ? 's://localhost' : `://${login && `${login}@`}127.0.0.1`}:${port}`,
    connects,
    wires,
    carried: () => carried,
  }
}
