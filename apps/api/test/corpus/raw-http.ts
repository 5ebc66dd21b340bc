import { connect, type Socket } from 'node:net'

/** The final answer on one socket. The status is 0 if the server closed the socket without an answer. */
export type RawAnswer = { status: number; headers: Map<string, string>; body: Buffer }

/** The server closes the socket at once. A busy machine may take seconds. */
const PATIENCE_MS = 30_000

/**
 * Sends one request, byte for byte, on its own socket, so that no HTTP client normalises it. The request should ask
 * for `connection: close`, because the answer is read when the server closes the socket.
 */
export const sendRaw = (port: number, bytes: Buffer) =>
  converse(port, (socket) => socket.write(bytes), PATIENCE_MS)

/** Opens a socket for `speak`, and reads until the server closes it. */
export async function converse(
  port: number,
  speak: (socket: Socket) => void,
  patienceMs: number,
): Promise<RawAnswer> {
  const received = await new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect({ port, host: '127.0.0.1' }, () => speak(socket))
    const timer = setTimeout(() => socket.destroy(new Error(`no end after ${patienceMs} ms`)), patienceMs)
    socket.on('data', (chunk) => chunks.push(chunk))
    // A server that closes while the test still writes resets the connection; what was received before counts.
    socket.on('error', (err) =>
      chunks.length > 0 || isReset(err) ? resolve(Buffer.concat(chunks)) : reject(err),
    )
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(Buffer.concat(chunks))
    })
  })
  return parse(received)
}

const isReset = (err: Error) => 'code' in err && (err.code === 'ECONNRESET' || err.code === 'EPIPE')

function parse(received: Buffer): RawAnswer {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return { status: 0, headers: new Map(), body: received }
  const [line = '', ...rest] = received.subarray(0, end).toString('latin1').split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(line)?.[1] ?? 0)
  // 100 Continue and other interim answers come before the final one.
  if (status >= 100 && status < 200) return parse(received.subarray(end + 4))
  const headers = new Map(
    rest.map((header) => {
      const colon = header.indexOf(':')
      return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()]
    }),
  )
  return { status, headers, body: received.subarray(end + 4) }
}
