import { request, type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import { toRecord } from '../test/json.ts'

export type Reply = { status: number; body: Record<string, unknown> }
type Call = { method?: string; body?: object; headers?: Record<string, string> }
export type UserClient = ReturnType<typeof createUserClient>

const TIMEOUT_MS = 10_000
const UNANSWERED: Reply = { status: 0, body: {} }

/**
 * The HTTP client of one user. Every request has a connection of its own, as the requests of different users have. A
 * refused connection is tried at the other processes, as a load balancer does; any other failure is status 0.
 */
export function createUserClient(address: string, pickOrder: () => readonly string[]) {
  return async function ask(path: string, call: Call = {}): Promise<Reply> {
    for (const base of pickOrder()) {
      const reply = await tryOnce(`${base}${path}`, address, call)
      if (reply !== 'refused') return reply
    }
    return UNANSWERED
  }
}

async function tryOnce(
  url: string,
  address: string,
  { method, body, headers }: Call,
): Promise<Reply | 'refused'> {
  const text = body === undefined ? undefined : JSON.stringify(body)
  const call = request(url, {
    agent: false,
    method: method ?? (text === undefined ? 'GET' : 'POST'),
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      'x-forwarded-for': address,
      ...(text !== undefined && {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      }),
      ...headers,
    },
  })
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      call.on('response', resolve).on('error', reject)
      call.end(text)
    })
    const isJson = response.headers['content-type']?.startsWith('application/json') === true
    if (!isJson) response.resume()
    return { status: response.statusCode ?? 0, body: isJson ? toRecord(await json(response)) : {} }
  } catch (err) {
    return err instanceof Error && 'code' in err && err.code === 'ECONNREFUSED' ? 'refused' : UNANSWERED
  }
}
