// Owns the one HTTP request behind a send, and knows whether that request can have left this process:
// `not_sent` is said only while its socket was still connecting, every later trouble is `unknown`.
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

export type TransportOptions = {
  /** Name look-up, TCP and TLS together. */
  connectTimeoutMs?: number
  /** From the call to the last byte of the answer, so that a dripping server cannot stretch it. */
  totalTimeoutMs?: number
  maxBodyBytes?: number
  /** How long an unused connection is kept. */
  idleSocketMs?: number
  /** PEM, for a server whose certificate no public authority signed. */
  ca?: string
}
export type PostOptions = { headers: Record<string, string>; body: string; signal: AbortSignal }
export type PostResult =
  | { kind: 'answer'; status: number; headers: IncomingHttpHeaders; body: string }
  | { kind: 'not_sent'; code: string }
  | { kind: 'unknown'; code: string }
export type Transport = ReturnType<typeof createTransport>

export function createTransport(options: TransportOptions = {}) {
  const { connectTimeoutMs = 2000, totalTimeoutMs = 5000, maxBodyBytes = 64 * 1024, ca } = options
  // Connections are kept because a TLS handshake costs many times the rest of a send. The price is a race: a
  // server may close an idle connection just as we write, and that send is `unknown`. Dropping ours after 3 s,
  // sooner than servers commonly do (5 s and up), makes the race rare, and under load nothing idles that long.
  const pool = { keepAlive: true, timeout: options.idleSocketMs ?? 3000 }
  const plain = new HttpAgent(pool)
  const secure = new HttpsAgent(ca === undefined ? pool : { ...pool, ca })

  function open(url: string, headers: Record<string, string>): ClientRequest {
    return url.startsWith('https:')
      ? httpsRequest(url, { method: 'POST', headers, agent: secure })
      : httpRequest(url, { method: 'POST', headers, agent: plain })
  }

  /** Never throws. Follows no redirect (it would hand the code to a stranger) and asks for no compression. */
  function post(url: string, { headers, body, signal }: PostOptions): Promise<PostResult> {
    if (signal.aborted) return Promise.resolve({ kind: 'not_sent', code: 'ABORTED' })
    let request: ClientRequest
    try {
      request = open(url, headers)
    } catch (error) {
      return Promise.resolve({ kind: 'not_sent', code: faultCode(error) })
    }
    return new Promise((resolve) => {
      let phase: 'connecting' | 'connected' | 'headers' | 'settled' = 'connecting'
      const connectTimer = setTimeout(() => fail('CONNECT_DEADLINE'), connectTimeoutMs)
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
        // A kept connection may carry the request at once. Any other that is open but not seen opening counts
        // the same, since `connecting` must never be claimed of a socket that can already have written.
        if (request.reusedSocket || (!socket.connecting && !socket.destroyed)) connected()
        else socket.once(url.startsWith('https:') ? 'secureConnect' : 'connect', connected)
      })
      request.once('response', (response) => {
        connected()
        if (phase === 'connected') phase = 'headers'
        collect(response, maxBodyBytes, settle, fail)
      })
      request.on('error', (error) => fail(faultCode(error)))
      // An answer that is an upgrade closes without an error. With an ordinary one the close may come before
      // the end of the body, and then the response speaks for itself.
      request.once('close', () => {
        if (phase !== 'headers') fail('CLOSED')
      })
      request.end(body)
    })
  }

  /** For after the last send: a request still under way is cut, and is `unknown`. */
  function close(): void {
    plain.destroy()
    secure.destroy()
  }

  return { post, close }
}

function collect(
  response: IncomingMessage,
  maxBodyBytes: number,
  settle: (result: PostResult) => void,
  fail: (code: string) => void,
) {
  const chunks: Buffer[] = []
  let size = 0
  response.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > maxBodyBytes) fail('BODY_TOO_LONG')
    else chunks.push(chunk)
  })
  response.once('end', () => {
    const { statusCode: status = 0, headers } = response
    settle({ kind: 'answer', status, headers, body: Buffer.concat(chunks).toString('utf8') })
  })
  response.on('error', (error) => fail(faultCode(error)))
  response.once('close', () => fail('CLOSED'))
}

// Messages of system and TLS errors carry addresses and names; their codes do not.
function faultCode(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? code : 'UNKNOWN_FAULT'
}
