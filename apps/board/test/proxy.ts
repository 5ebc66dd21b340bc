import { once } from 'node:events'
import { createServer, request } from 'node:http'

/** A proxy that serves the board below a path of its own, and cuts that path off or does not. */
export async function startProxy(board: string, basePath: string, cutsOff: boolean) {
  const server = createServer((incoming, outgoing) => {
    const { url = '/', method, headers } = incoming
    const path = cutsOff ? url.slice(basePath.length) || '/' : url
    if (!url.startsWith(basePath)) {
      outgoing.writeHead(502).end()
      return
    }
    const onward = request(`${board}${path}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('a proxy without a port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
export type Proxy = Awaited<ReturnType<typeof startProxy>>
