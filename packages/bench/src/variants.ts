import { createHmac, randomUUID } from 'node:crypto'
import type { Answer } from './answer.ts'
import { inBatches, issueCodes } from './codes.ts'
import { freshMobile } from './fresh.ts'
import { hasReceipt, imageRequest, isImage, isSent, prepareSends, verifyRequest } from './requests.ts'
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
    prepare: async (count) => (await prepareSends(redis, count)).map(({ request }) => request),
    accepts: isSent,
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
    prepare: async (count) => Array.from({ length: count }, imageRequest),
    accepts: isImage,
  }
}
