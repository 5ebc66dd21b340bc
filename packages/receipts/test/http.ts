import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'

/** Starts an HTTP server on a free port. */
export async function startHttp(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: async (): Promise<void> => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Starts a proxy that passes requests below `/sms` to the API at `target()`, and counts them. */
export async function startProxy(target: () => string) {
  let count = 0
  async function pass(url = '') {
    const answer = await fetch(`${target()}${url.replace(/^\/sms/, '')}`)
    return answer.text()
  }
  const server = await startHttp((request, response) => {
    count += 1
    void pass(request.url).then((body) => response.end(body))
  })
  return { url: `${server.url}/sms/`, count: () => count, stop: server.stop }
}
