// Plays a fault on the caller's connection: loses, cuts, slows down or replaces the answer. It writes to the raw socket,
// because Fastify's reply cannot break an answer.
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { AnswerFault } from './vendor-faults.ts'
import type { VendorAnswer } from './vendor.ts'

const HUGE_BYTES = 50 * 1024 * 1024
const DRIP_MS = 1000

// Faults that answer with an HTML page, as a proxy in front of the vendor does.
const PAGE_STATUSES = { html: 200, http_429: 429, http_500: 500, http_502: 502, http_503: 503 } as const

/** Whether the vendor judges the request, and may accept its message, before the fault is played. */
export function isJudged(fault: AnswerFault): boolean {
  return ['accept', 'accept_hang', 'accept_rst', 'half_body', 'slow_drip', 'huge_body'].includes(fault.name)
}

/** `answer` is the vendor's answer without the fault. */
export function playFault(fault: AnswerFault, reply: FastifyReply, answer: VendorAnswer): void {
  reply.hijack()
  const text = textOf(answer)
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
    case 'empty':
      raw.writeHead(200, { ...headers, 'content-length': 0 }).end()
      return
    case 'redirect':
      raw.writeHead(302, { location: '/redirected', 'content-length': 0 }).end()
      return
    case 'html':
    case 'http_429':
    case 'http_500':
    case 'http_502':
    case 'http_503':
      answerPage(reply, PAGE_STATUSES[fault.name])
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

export function textOf({ body }: VendorAnswer): string {
  return typeof body === 'string' ? body : JSON.stringify(body)
}

export function headersOf(answer: VendorAnswer): Record<string, string> {
  return { 'content-type': 'application/json;charset=utf-8', ...answer.headers }
}

function answerPage(reply: FastifyReply, status: number): void {
  const page = `<!doctype html><html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>`
  const headers = { 'content-type': 'text/html;charset=utf-8', 'content-length': Buffer.byteLength(page) }
  reply.raw.writeHead(status, { ...headers, ...(status === 429 ? { 'retry-after': '1' } : {}) }).end(page)
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

// JSON or XML followed by blanks is still valid, so a caller without a size limit would read all of it and accept it.
function* padded(text: string) {
  const blanks = Buffer.alloc(64 * 1024, ' ')
  yield Buffer.from(text)
  for (let left = HUGE_BYTES; left > 0; left -= blanks.length) yield blanks
}
