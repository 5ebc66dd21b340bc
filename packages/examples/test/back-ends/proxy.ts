import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

export type Mode =
  | 'pass'
  | 'silent'
  | 'closed'
  | 'broken'
  | 'no JSON'
  | 'no object'
  | 'cut'
  | 'without API key'

/** Starts a proxy in front of the API at `target`. It counts the requests for public keys, and fails on demand. */
export async function startProxy(target: string) {
  const state: { target: string; mode: Mode; keyRequests: number; keysAt: number } = {
    target,
    mode: 'pass',
    keyRequests: 0,
    keysAt: 0,
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { mode } = state
    const body = await text(request)
    if (request.method === 'GET')
      Object.assign(state, { keyRequests: state.keyRequests + 1, keysAt: Date.now() })
    if (mode === 'silent') return
    if (mode === 'closed') request.socket.destroy()
    else if (mode === 'broken') response.writeHead(502).end('<html>')
    else if (mode === 'no JSON') response.end('<html>')
    else if (mode === 'no object') response.end('[]')
    else if (mode === 'cut')
      response.writeHead(200, { 'content-length': '100' }).write('{"code"', () => request.socket.destroy())
    else {
      const { method = 'GET', url = '', headers } = request
      const without = mode === 'pass' ? [] : ['authorization']
      const names = ['authorization', 'content-type', 'x-forwarded-for'].filter(
        (name) => !without.includes(name),
      )
      const passed = Object.entries(headers).filter(([name]) => names.includes(name))
      const answered = await fetch(state.target + url, {
        method,
        headers: Object.fromEntries(passed.map(([name, value]) => [name, String(value)])),
        ...(method === 'POST' && { body }),
      })
      response.writeHead(answered.status, { 'content-type': 'application/json' }).end(await answered.text())
    }
  }

  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    state,
    stop: async (): Promise<void> => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
