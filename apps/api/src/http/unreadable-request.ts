import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { envelope } from './answers.ts'

const STATUS: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }

/**
 * Returns a handler that answers an unreadable HTTP request with an envelope and closes the connection. Fastify makes
 * no request of such bytes, so none of its hooks and error handlers runs.
 * @param headers the headers that every answer carries
 */
export function refuseUnreadable(headers: Record<string, string>) {
  return (err: Error & { code: string }, socket: Socket): void => {
    if (err.code !== 'ECONNRESET' && socket.writable) {
      const status = STATUS[err.code] ?? 400
      const body = JSON.stringify(envelope('param', undefined))
      const fields = {
        ...headers,
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
        connection: 'close',
      }
      const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`)
      socket.write([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n'))
    }
    socket.destroy(err)
  }
}
