import { Agent, request, type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import { toRecord } from './json.ts'

export type Reply = { status: number; body: Record<string, unknown> }

const SOCKETS_EACH = 50

/**
 * An HTTP client with fifty kept-alive connections to each of the given processes. It is cheaper than fetch,
 * so it does not slow down the race that it causes. Requests go to the processes in turn, each from another
 * /24 network.
 */
export function openSockets(urls: readonly string[]) {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS_EACH })
  let asked = 0

  async function ask(
    path: string,
    body?: object,
    from?: string,
    more: Record<string, string> = {},
  ): Promise<Reply> {
    const n = ++asked
    const call = request(`${urls[n % urls.length] ?? ''}${path}`, {
      agent,
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        'x-forwarded-for': from ?? `${11 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}.1`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...more,
      },
    })
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      call.on('response', resolve).on('error', reject)
      call.end(body === undefined ? undefined : JSON.stringify(body))
    })
    return { status: response.statusCode ?? 0, body: toRecord(await json(response)) }
  }

  return {
    /** The original call, GET /sms_codes/:mobile/. */
    send: (mobile: string, captcha: { uuid: string; image_code: string }, from?: string) =>
      ask(`/sms_codes/${mobile}/?${new URLSearchParams(captcha).toString()}`, undefined, from),
    /** The newer call, POST /v1/sms_codes, which can be repeated with the same key. */
    sendWithKey: (body: object, key: string) =>
      ask('/v1/sms_codes', body, undefined, { 'idempotency-key': key }),
    verify: (mobile: string, code: string, more: object = {}) =>
      ask('/v1/sms_codes/verify', { mobile, sms_code: code, ...more }),
    close: () => agent.destroy(),
  }
}
export type Sockets = ReturnType<typeof openSockets>
