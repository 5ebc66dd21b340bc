import { STATUS_CODES, type RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { envelope } from './answers.ts'

const STATUS: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }

const BODY = JSON.stringify(envelope('param', undefined))
const FIELDS = {
  'content-type': 'application/json; charset=utf-8',
  'content-length': Buffer.byteLength(BODY),
}

/**
 * Returns a handler that answers an unreadable HTTP request with an envelope and closes the connection. Fastify makes
 * no request of such bytes, so none of its hooks and error handlers runs.
 * @param headers the headers that every answer carries
 */
export function refuseUnreadable(headers: Record<string, string>) {
  return (err: Error & { code: string }, socket: Socket): void => {
    if (err.code !== 'ECONNRESET' && socket.writable) {
      const status = STATUS[err.code] ?? 400
      const lines = Object.entries({ ...headers, ...FIELDS, connection: 'close' }).map(
        ([name, value]) => `${name}: ${value}`,
      )
      socket.write([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', BODY].join('\r\n'))
    }
    socket.destroy(err)
  }
}

/** Returns a handler that answers a request with an unknown value of `Expect`. Fastify gets no such request. */
export const refuseExpectation =
  (headers: Record<string, string>): RequestListener =>
  (_request, response) => {
    response.writeHead(417, { ...headers, ...FIELDS }).end(BODY)
  }
