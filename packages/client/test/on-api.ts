import { createSmsCodes, type Options, type SmsCodes } from '@sms-codes/client'
import { agePhone } from '@sms-codes/core/test/age'
import { aMobile, anAddress, startApiWith } from '../../../apps/api/test/api.ts'

export { aMobile }

/** A `fetch` of a browser with this address. */
export const fetchFrom =
  (address: string): typeof fetch =>
  (url, init) => {
    const headers = new Headers(init?.headers)
    headers.set('x-forwarded-for', address)
    return fetch(url, { ...init, headers })
  }

/** Starts the API on a socket, and makes clients of it, each with an address of its own. */
export async function startOnApi(settings: object = {}, env: Record<string, string> = {}) {
  const api = await startApiWith(settings, env)
  const baseUrl = await api.app.listen({ port: 0, host: '127.0.0.1' })
  const client = (options: Partial<Options> = {}) =>
    createSmsCodes({ baseUrl, fetch: fetchFrom(anAddress()), storage: null, ...options })

  return {
    ...api,
    baseUrl,
    client,

    /** Lets a client get a picture, and reads the text of the picture from Redis. */
    async picture(from: SmsCodes): Promise<string> {
      const url = from.imageUrl()
      await (await fetchFrom(anAddress())(url)).arrayBuffer()
      return (await api.redis.get(`img_${url.split('/').at(-2)}`)) ?? ''
    },

    async send(from: SmsCodes, mobile = aMobile()) {
      return from.send({ mobile, imageCode: await this.picture(from) })
    },

    /** Returns a client that has sent a code, and the code. */
    async sent(options: Partial<Options> = {}) {
      const one = client(options)
      await this.send(one)
      return { one, code: await api.codeOf(one.last()?.requestId ?? '', options.scene) }
    },

    /** Lets time pass for the phone of the last send. */
    age: (one: SmsCodes, seconds: number) =>
      agePhone(api.redis, one.last()?.requestId.slice(0, 22) ?? '', seconds),
  }
}
export type OnApi = Awaited<ReturnType<typeof startOnApi>>

export const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')
