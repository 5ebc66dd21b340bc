import { randomUUID } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import { keys } from '@sms-codes/core/redis/keys'
import { fieldsOf, type Answer } from './answer.ts'
import { inBatches, SCENE } from './codes.ts'
import { freshAddress, freshMobile } from './fresh.ts'

const CAPTCHA_TEXT = 'HK7M'
const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** The path under which the API of the benchmark takes delivery receipts of the gateway `ccp`. */
export const CALLBACK_TOKEN = 'the-callback-token-of-the-bench'

export type SendRequest = { mobile: string; request: string }

/** Writes image codes to Redis, and returns requests for a code that each succeed once. */
export async function prepareSends(
  redis: Redis | Cluster,
  count: number,
  hasIdempotencyKey = false,
): Promise<SendRequest[]> {
  const uuids = Array.from({ length: count }, () => randomUUID())
  await inBatches(count, async (at) => redis.set(keys.captcha(uuids[at] ?? ''), CAPTCHA_TEXT, 'EX', 300))
  const image_code = CAPTCHA_TEXT.toLowerCase()
  return uuids.map((uuid) => {
    const mobile = freshMobile()
    const fields = { mobile, image_code, uuid }
    const key = { 'Idempotency-Key': randomUUID() }
    const path = `/sms_codes/${mobile}/?image_code=${image_code}&uuid=${uuid}`
    return { mobile, request: hasIdempotencyKey ? post('/v1/sms_codes', fields, key) : get(path) }
  })
}

export const imageRequest = () => get(`/image_codes/${randomUUID()}/`)

export const verifyRequest = (mobile: string, code: string, rid: string) =>
  post('/v1/sms_codes/verify', { mobile, sms_code: code, scene: SCENE, request_id: rid })

/** A delivery receipt of the gateway `ccp` for a message that arrived. */
export const deliveryReceipt = (messageId: string, reqId: string) =>
  post(`/callbacks/ccp/${CALLBACK_TOKEN}`, {
    Request: { action: 'SMSArrived', status: '0', content: messageId, reqId },
  })

export const isImage = ({ status, body }: Answer) =>
  status === 200 && body.length > 500 && PNG_SIGNATURE.equals(body.subarray(0, PNG_SIGNATURE.length))

export const isSent = (answer: Answer) => requestIdOf(answer) !== null

/** The id of an accepted request, or null for any other answer. */
export function requestIdOf({ status, body }: Answer): string | null {
  const { code, request_id: id } = fieldsOf(body)
  return (status === 200 || status === 202) && code === '0' && typeof id === 'string' ? id : null
}

export function hasReceipt({ status, body }: Answer): boolean {
  const { code, receipt } = fieldsOf(body)
  return status === 200 && code === '0' && typeof receipt === 'string'
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\n${headers({})}\r\n`

function post(path: string, fields: object, more: Record<string, string> = {}): string {
  const body = JSON.stringify(fields)
  const about = { 'Content-Type': 'application/json', 'Content-Length': String(body.length), ...more }
  return `POST ${path} HTTP/1.1\r\n${headers(about)}\r\n${body}`
}

// As a proxy would send it, with another address for each request, so that every limit is checked and none is
// reached.
function headers(more: Record<string, string>): string {
  const all = { Host: '127.0.0.1', 'X-Forwarded-For': freshAddress(), ...more }
  return Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
}
