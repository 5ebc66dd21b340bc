import { createHmac, randomUUID } from 'node:crypto'
import { keys } from '@sms-codes/core/redis/keys'
import { fieldsOf, type Answer } from './answer.ts'
import { inBatches, issueCodes, SCENE } from './codes.ts'
import { freshAddress, freshMobile } from './fresh.ts'
import type { Stack } from './stack.ts'

export type Server = { pid: number; port: number }

/** A kind of request to one server. */
export type Variant = {
  name: string
  server: Server
  /** Returns requests that each succeed once, and writes the data that they need to Redis. */
  prepare: (count: number) => Promise<string[]>
  accepts: (answer: Answer) => boolean
}

const CAPTCHA_TEXT = 'HK7M'
const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

export function helloVariant(server: Server): Variant {
  const request = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'
  return {
    name: 'bare Fastify',
    server,
    prepare: async (count) => Array<string>(count).fill(request),
    accepts: ({ status, body }) => status === 200 && body.toString('latin1') === '{"hello":"world"}',
  }
}

export function sendVariant(name: string, server: Server, { redis }: Stack): Variant {
  return {
    name,
    server,
    async prepare(count) {
      const uuids = Array.from({ length: count }, () => randomUUID())
      await inBatches(count, async (at) => redis.set(keys.captcha(uuids[at] ?? ''), CAPTCHA_TEXT, 'EX', 300))
      return uuids.map((uuid) =>
        get(`/sms_codes/${freshMobile()}/?image_code=${CAPTCHA_TEXT.toLowerCase()}&uuid=${uuid}`),
      )
    },
    accepts({ status, body }) {
      const { code, request_id } = fieldsOf(body)
      return status === 200 && code === '0' && typeof request_id === 'string'
    },
  }
}

export function verifyVariant(server: Server, { redis, keyring }: Stack): Variant {
  return {
    name: 'verify',
    server,
    async prepare(count) {
      const issued = await issueCodes(redis, keyring, count)
      return issued.map(({ mobile, code, send: { rid } }) => verifyRequest(mobile, code, rid))
    },
    accepts: hasReceipt,
  }
}

/** @param key of the digests that the floor compares */
export function verifyFloorVariant(server: Server, { redis }: Stack, key: string): Variant {
  return {
    name: 'floor of verify',
    server,
    async prepare(count) {
      const code = '123456'
      const mobiles = Array.from({ length: count }, freshMobile)
      await inBatches(count, async (at) => {
        const mobile = mobiles[at] ?? ''
        const digest = createHmac('sha256', key).update(`${mobile}|${code}`).digest('base64url')
        await redis.hset(`floor:code:${mobile}`, { rid: mobile, digest, status: 'sent', guesses: 0 })
      })
      return mobiles.map((mobile) => verifyRequest(mobile, code, randomUUID()))
    },
    accepts: hasReceipt,
  }
}

export function imageVariant(server: Server): Variant {
  return {
    name: 'image code',
    server,
    prepare: async (count) => Array.from({ length: count }, () => get(`/image_codes/${randomUUID()}/`)),
    accepts: ({ status, body }) =>
      status === 200 && body.length > 500 && PNG_SIGNATURE.equals(body.subarray(0, PNG_SIGNATURE.length)),
  }
}

const verifyRequest = (mobile: string, code: string, rid: string) =>
  post('/v1/sms_codes/verify', { mobile, sms_code: code, scene: SCENE, request_id: rid })

function hasReceipt({ status, body }: Answer): boolean {
  const { code, receipt } = fieldsOf(body)
  return status === 200 && code === '0' && typeof receipt === 'string'
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\n${headers()}\r\n`
}

function post(path: string, fields: Record<string, string>): string {
  const body = JSON.stringify(fields)
  const about = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`
  return `POST ${path} HTTP/1.1\r\n${headers()}${about}\r\n${body}`
}

// As a proxy would send it, with another address for each request, so that every limit is checked and none is
// reached.
function headers(): string {
  return `Host: 127.0.0.1\r\nX-Forwarded-For: ${freshAddress()}\r\n`
}
