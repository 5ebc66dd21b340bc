// Makes the HTTP request of a send. A failure is `not_sent` if the socket was not connected yet. Every later failure
// is `unknown`, because the request may have left this process.
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { HttpsProxyAgent } from 'hpagent'
import type { WordingOf } from './wording.ts'

const MAX_BODY_BYTES = 64 * 1024

export type TransportOptions = {
  /** The time for DNS, TCP and TLS together. */
  connectTimeoutMs?: number
  /** The time from the call to the last byte of the answer, so that a slow server cannot extend the wait. */
  totalTimeoutMs?: number
  idleSocketMs?: number
  /** The certificate of a private certificate authority, in PEM. */
  ca?: string
  /** The HTTP proxy for calls over https. Calls over http, which only development has, are direct. */
  proxy?: { url: URL; isDirect: (target: URL) => boolean } | undefined
}
export type PostOptions = {
  method?: 'POST' | 'PUT'
  headers: Record<string, string>
  body: string
  signal: AbortSignal
}
export type PostResult =
  | { kind: 'answer'; status: number; headers: IncomingHttpHeaders; body: string }
  | { kind: 'not_sent' | 'unknown'; code: string }
export type Transport = ReturnType<typeof createTransport>

/** What a gateway needs to call the API of its vendor. */
export type ApiOptions = {
  /** The name of the gateway, which need not be the vendor's name. */
  name: string
  wordingOf: WordingOf
  /** The public address for delivery receipts. Without it, a vendor sends none or uses an address of its console. */
  receiptUrl?: string | undefined
  transport: Pick<Transport, 'post'>
  now?: () => Date
}

/** An address without trailing slashes. @throws TypeError if the address is invalid */
export const withoutSlash = (baseUrl: string) => new URL(baseUrl).href.replace(/\/+$/, '')

export function createTransport(options: TransportOptions = {}) {
  const { connectTimeoutMs = 2000, totalTimeoutMs = 5000, idleSocketMs = 3000, ca, proxy } = options
  // Connections are reused because a TLS handshake takes much longer than the rest of a send. This has a race: a
  // server may close an idle connection while we write, and that send is `unknown`. Servers commonly close idle
  // connections after 5 s or later. The pool closes idle connections after 3 s, so the race is rare.
  const pool = { keepAlive: true, timeout: idleSocketMs, ...(ca !== undefined && { ca }) }
  const plain = new HttpAgent(pool)
  const secure = new HttpsAgent(pool)
  // The pool's time-out also ends a CONNECT that the proxy does not answer.
  const tunnels =
    proxy &&
    new HttpsProxyAgent({
      ...pool,
      proxy: proxy.url,
      ...(ca !== undefined && { proxyRequestOptions: { ca: [ca] } }),
    })

  /** Never throws. `post` follows no redirect, because a redirect would show the message to another host. */
  async function post(
    url: string,
    { method = 'POST', headers, body, signal }: PostOptions,
  ): Promise<PostResult> {
    if (signal.aborted) return { kind: 'not_sent', code: 'ABORTED' }
    const isSecure = url.startsWith('https:')
    let request: ClientRequest
    let agent = secure
    try {
      if (isSecure && tunnels && !proxy.isDirect(new URL(url))) agent = tunnels
      request = isSecure
        ? httpsRequest(url, { method, headers, agent })
        : httpRequest(url, { method, headers, agent: plain })
    } catch (error) {
      return { kind: 'not_sent', code: faultCode(error) }
    }
    return new Promise((resolve) => {
      let phase: 'connecting' | 'connected' | 'headers' | 'settled' = 'connecting'
      // Until the request has a socket, the proxy has opened no tunnel, so a fault is the proxy's.
      let faultOf = agent === tunnels ? 'PROXY_' : ''
      const connectTimer = setTimeout(() => fail(`${faultOf}CONNECT_DEADLINE`), connectTimeoutMs)
      const totalTimer = setTimeout(() => fail('TOTAL_DEADLINE'), totalTimeoutMs)
      const onAbort = () => fail('ABORTED')
      signal.addEventListener('abort', onAbort)

      function settle(result: PostResult) {
        phase = 'settled'
        clearTimeout(connectTimer)
        clearTimeout(totalTimer)
        signal.removeEventListener('abort', onAbort)
        resolve(result)
      }
      function fail(code: string) {
        if (phase === 'settled') return
        settle({ kind: phase === 'connecting' ? 'not_sent' : 'unknown', code })
        request.destroy()
      }
      function connected() {
        if (phase === 'connecting') phase = 'connected'
        clearTimeout(connectTimer)
      }

      request.once('socket', (socket) => {
        faultOf = ''
        // An open socket counts as connected, because the socket may already have written the request.
        if (isOpen(socket) && (request.reusedSocket || !socket.destroyed)) connected()
        else socket.once(isSecure ? 'secureConnect' : 'connect', connected)
      })
      request.once('response', (response) => {
        connected()
        if (phase === 'connected') phase = 'headers'
        read(response, settle, fail)
      })
      request.on('error', (error) => fail(faultOf + faultCode(error)))
      // A request that gets an upgrade response closes without an event `response` or `error`. Once an ordinary
      // response has begun, `read` reports how it ended.
      request.once('close', () => {
        if (phase !== 'headers') fail('CLOSED')
      })
      request.end(body)
    })
  }

  /** Must be called after the last send. A request that is still under way is aborted and `unknown`. */
  function close(): void {
    plain.destroy()
    secure.destroy()
    tunnels?.destroy()
  }

  return { post, close }
}

/** In a tunnel, TCP is connected before TLS begins. `alpnProtocol` is null until the handshake has ended. */
const isOpen = (socket: Socket) =>
  socket instanceof TLSSocket ? socket.alpnProtocol !== null : !socket.connecting

function read(response: IncomingMessage, settle: (result: PostResult) => void, fail: (code: string) => void) {
  const chunks: Buffer[] = []
  let size = 0
  response.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > MAX_BODY_BYTES) fail('BODY_TOO_LONG')
    else chunks.push(chunk)
  })
  response.once('end', () => {
    const { statusCode: status = 0, headers } = response
    settle({ kind: 'answer', status, headers, body: Buffer.concat(chunks).toString('utf8') })
  })
  response.on('error', (error) => fail(faultCode(error)))
  response.once('close', () => fail('CLOSED'))
}

// Only the error's code is returned, because messages of system and TLS errors contain addresses and names.
function faultCode(error: unknown): string {
  // The agent's error for an answer to CONNECT that refuses the tunnel. The error has no code.
  const [, refusal] = /^Bad response: ([0-9]{3})$/.exec(error instanceof Error ? error.message : '') ?? []
  if (refusal !== undefined) return refusal
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? code : 'UNKNOWN_FAULT'
}
