import { randomUUID } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import { toRecord } from './json.ts'
import type { Env } from './system-env.ts'

export type Answer = { status: number; headers: Headers; body: Record<string, unknown> }

type Call = { method?: string; body?: string; headers?: Env }
type Options = {
  /** The API process that gets a call without `base`. */
  firstApi: string
  apiKey: string
  redis: Redis | Cluster
}

const JSON_BODY = { 'content-type': 'application/json' }

/** The calls that browsers and back ends make. Each comes from another client address, unless the test sets one. */
export function createApiClient({ firstApi, apiKey, redis }: Options) {
  let calls = 0
  const anAddress = () => `10.${(++calls >> 16) & 255}.${(calls >> 8) & 255}.${calls & 255}`

  async function call(path: string, { headers, ...init }: Call = {}, base = firstApi): Promise<Answer> {
    const response = await fetch(`${base}${path}`, {
      ...init,
      headers: { 'x-forwarded-for': anAddress(), ...headers },
    })
    return {
      status: response.status,
      headers: response.headers,
      body: response.status === 204 ? {} : toRecord(await response.json()),
    }
  }
  const post = (path: string, body: unknown, base?: string) =>
    call(path, { method: 'POST', body: JSON.stringify(body), headers: JSON_BODY }, base)

  /** Creates an image code in Redis, as the image route does, and returns it with its answer. */
  async function captcha(): Promise<{ uuid: string; image_code: string }> {
    const uuid = randomUUID()
    await redis.set(`img_${uuid}`, 'AB3D', 'EX', 300)
    return { uuid, image_code: 'AB3D' }
  }

  return {
    call,
    post,
    captcha,

    /** Makes a call of a back end, with its API key. */
    asBackend: (method: string, path: string, body: object = {}, base?: string) => {
      const headers = { ...JSON_BODY, authorization: `Bearer ${apiKey}` }
      return call(path, { method, body: JSON.stringify(body), headers }, base)
    },

    /** The original call, GET /sms_codes/:mobile/, with a new image code and its right answer. */
    async send(mobile: string, base?: string): Promise<Answer> {
      return call(`/sms_codes/${mobile}/?${new URLSearchParams(await captcha()).toString()}`, {}, base)
    },
    verify: (mobile: string, code: string, more: object = {}, base?: string) =>
      post('/v1/sms_codes/verify', { mobile, sms_code: code, ...more }, base),
  }
}
