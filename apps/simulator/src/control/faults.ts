// What each fault does to the caller's connection. Whoever calls this has already decided whether the message was
// taken; here the answer is lost, cut, slowed down or replaced, on the raw socket and outside Fastify's reply.
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { Fault } from './fault-script.ts'
import type { VendorAnswer } from '../vendors/vendor.ts'

const HUGE_BYTES = 50 * 1024 * 1024
const DRIP_MS = 1000

const STATUSES = { http_429: 429, http_500: 500, http_502: 502, http_503: 503 } as const

/** Whether the request is judged (and its message taken) before the fault shows. */
export function isJudged(fault: Fault): boolean {
  return ['accept', 'accept_hang', 'accept_rst', 'half_body', 'slow_drip', 'huge_body'].includes(fault.name)
}

/** Plays the fault; `answer` is what the vendor would have said. */
export function playFault(fault: Fault, reply: FastifyReply, answer: VendorAnswer): void {
  reply.hijack()
  const text = JSON.stringify(answer.body)
  const headers = headersOf(answer)
  const { raw } = reply
  const socket = reply.request.raw.socket
  switch (fault.name) {
    case 'accept':
    case 'vendor_code':
      raw.writeHead(answer.status, { ...headers, 'content-length': Buffer.byteLength(text) }).end(text)
      return
    case 'hang':
    case 'accept_hang':
      return
    case 'rst':
    case 'accept_rst':
      socket.resetAndDestroy()
      return
    case 'refuse':
    case 'down':
      socket.destroy()
      return
    case 'half_body': {
      const bytes = Buffer.from(text)
      raw.writeHead(answer.status, { ...headers, 'content-length': bytes.length })
      raw.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => socket.destroySoon())
      return
    }
    case 'html':
      answerHtml(reply, 200, {})
      return
    case 'empty':
      raw.writeHead(200, { ...headers, 'content-length': 0 }).end()
      return
    case 'redirect':
      raw.writeHead(302, { location: '/redirected', 'content-length': 0 }).end()
      return
    case 'http_429':
      answerHtml(reply, 429, { 'retry-after': '1' })
      return
    case 'http_500':
    case 'http_502':
    case 'http_503':
      answerHtml(reply, STATUSES[fault.name], {})
      return
    case 'slow_drip':
      drip(reply, answer.status, headers, Buffer.from(text))
      return
    case 'huge_body':
      raw.writeHead(answer.status, { ...headers, 'content-length': Buffer.byteLength(text) + HUGE_BYTES })
      Readable.from(padded(text))
        .on('error', () => socket.destroy())
        .pipe(raw)
      return
  }
}

export function headersOf(answer: VendorAnswer): Record<string, string> {
  return { 'content-type': 'application/json;charset=utf-8', ...answer.headers }
}

function answerHtml(reply: FastifyReply, status: number, headers: Record<string, string>): void {
  const page = `<!doctype html><html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>`
  const all = {
    'content-type': 'text/html;charset=utf-8',
    'content-length': Buffer.byteLength(page),
    ...headers,
  }
  reply.raw.writeHead(status, all).end(page)
}

function drip(reply: FastifyReply, status: number, headers: Record<string, string>, bytes: Buffer): void {
  const { raw } = reply
  let sent = 0
  raw.writeHead(status, { ...headers, 'content-length': bytes.length }).flushHeaders()
  const timer = setInterval(() => {
    raw.write(bytes.subarray(sent, ++sent))
    if (sent === bytes.length) raw.end()
  }, DRIP_MS)
  raw.on('close', () => clearInterval(timer))
}

// Blanks after a JSON text are still JSON: a caller without a cap would read all of it and find a proper answer.
function* padded(text: string) {
  const blanks = Buffer.alloc(64 * 1024, ' ')
  yield Buffer.from(text)
  for (let left = HUGE_BYTES; left > 0; left -= blanks.length) yield blanks
}
