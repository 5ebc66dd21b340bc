// A server that takes the API's place for delivery receipts: it keeps them and gives the answers that a test chose.
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'

export type Callback = { path: string; headers: IncomingHttpHeaders; body: string }
export type Reply = { status: number; body: string }

export type CallbackServer = Awaited<ReturnType<typeof startCallbackServer>>

export async function startCallbackServer() {
  const callbacks: Callback[] = []
  let replies: Reply[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      callbacks.push({ path: request.url ?? '', headers: request.headers, body })
      const { status, body: text } = (replies.length > 1 ? replies.shift() : replies[0]) ?? {
        status: 200,
        body: '',
      }
      response.writeHead(status, { 'content-type': 'application/json' }).end(text)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')

  return {
    url: `http://127.0.0.1:${address.port}`,
    callbacks,
    /** The last reply is repeated for all further callbacks. */
    answer(...next: Reply[]) {
      replies = next
    },
    reset() {
      callbacks.length = 0
      replies = []
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
