import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { keys } from '@sms-codes/core/redis/keys'
import type { Accept } from './accept.ts'
import { ANSWERS } from './answers.ts'
import { fieldsOf } from '../answer.ts'
import { openConnection, type Connection } from '../connection.ts'
import type { Prove } from './proof.ts'

/** An answer of the API, with its English text. `rid` is empty when the answer has no request id. */
export type ApiAnswer = { ok: boolean; text: string; rid: string }
export type Guess = { mobile: string; code: string; rid: string | undefined; address: string }

/** How many requests run at once. The number is small, so that the actions of a minute do not arrive as one burst. */
export const LANES = 8

const CAPTCHA_TEXT = 'HK7M'
const FAULTS: readonly string[] = [ANSWERS.storeDown, ANSWERS.bug]

/** A client that acts as the API's proxy, so that each request can come from another address. */
export async function createClient(port: number, redis: Redis, prove: Prove, accept: Accept) {
  const all = await Promise.all(Array.from({ length: LANES }, async () => openConnection(port)))
  const free: Connection[] = [...all]
  let faults = 0

  async function ask(request: string, address: string, rest = '\r\n') {
    const connection = free.pop()
    if (connection === undefined) throw new Error('more simultaneous requests than connections')
    const { status, body } = await connection.ask(
      `${request} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: ${address}\r\nAccept-Language: en\r\n${rest}`,
    )
    const fields = fieldsOf(body)
    free.push(connection)
    return { status, fields }
  }

  async function post(path: string, address: string, sent: Record<string, string>): Promise<ApiAnswer> {
    const body = JSON.stringify(sent)
    const rest = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    const { status, fields } = await ask(`POST ${path}`, address, rest)
    const { code, errmsg, request_id } = fields
    const text = typeof errmsg === 'string' ? errmsg : `status ${status}`
    if (FAULTS.includes(text)) faults += 1
    return { ok: code === '0', text, rid: typeof request_id === 'string' ? request_id : '' }
  }

  async function requestCode(mobile: string, address: string, answered: Record<string, string>) {
    const answer = await post('/v1/sms_codes', address, { mobile, ...answered })
    if (answer.ok) await accept(mobile, answer.rid)
    return answer
  }

  return {
    /** Requests a code with an image code that is solved or mistyped. */
    async send(mobile: string, address: string, solved = true): Promise<ApiAnswer> {
      const uuid = randomUUID()
      await redis.set(keys.captcha(uuid), CAPTCHA_TEXT, 'EX', 300)
      const image_code = solved ? CAPTCHA_TEXT : 'ZZZZ'
      return requestCode(mobile, address, { image_code, uuid })
    },

    /** Requests a code with a proof of work instead of an image code. */
    async sendWithProof(mobile: string, address: string): Promise<ApiAnswer> {
      const { status, fields } = await ask('GET /v1/challenges', address)
      if (status !== 200) return { ok: false, text: `no challenge: status ${status}`, rid: '' }
      return requestCode(mobile, address, { proof: prove(fields) })
    },

    verify: ({ mobile, code, rid, address }: Guess): Promise<ApiAnswer> =>
      post('/v1/sms_codes/verify', address, {
        mobile,
        sms_code: code,
        ...(rid === undefined ? {} : { request_id: rid }),
      }),

    /** The number of answers that show an overloaded machine or a bug. They make a result useless. */
    faults: () => faults,

    close(): void {
      for (const connection of all) connection.close()
    },
  }
}
export type Client = Awaited<ReturnType<typeof createClient>>
