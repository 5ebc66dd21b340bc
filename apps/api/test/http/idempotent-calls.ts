import { aMobile, anAddress, type Api } from '../api.ts'

export const SEND = '/v1/sms_codes'
export const VERIFY = '/v1/sms_codes/verify'

/** Makes calls with an idempotency key, and looks at what Redis holds about them. */
export function idempotentCalls(api: Api) {
  /** Calls from another address each time, because a phone may change its address between two tries. */
  async function post(url: string, body: object, key?: string, more: Record<string, string> = {}) {
    const named = key === undefined ? {} : { 'idempotency-key': key }
    const headers = { 'x-forwarded-for': anAddress(), ...named, ...more }
    const response = await api.app.inject({ method: 'POST', url, headers, payload: body })
    return {
      status: response.statusCode,
      text: response.payload,
      type: response.headers['content-type'],
      replayed: response.headers['idempotent-replayed'],
      retryAfter: response.headers['retry-after'],
      body: response.json<Record<string, unknown>>(),
    }
  }

  const request = async (mobile = aMobile()) => ({ mobile, ...(await api.captcha()), scene: 'default' })

  return {
    post,
    /** The body of a send that will be accepted. */
    request,
    /** The body of a verify that will be accepted. */
    async sent() {
      const body = await request()
      const rid = String((await post(SEND, body)).body['request_id'])
      return { mobile: body.mobile, sms_code: await api.codeOf(rid), request_id: rid }
    },
    slots: async () => (await api.redis.keys('sms:*:idempotency')).toSorted(),
    sendsTo: async (rid: unknown) => (await api.waiting()).filter(({ data }) => data.rid === rid),
  }
}
export type Calls = ReturnType<typeof idempotentCalls>
type Answer = Awaited<ReturnType<Calls['post']>>

/** The first answer, byte for byte, with the mark of a replay. */
export const replayOf = ({ status, text, type }: Answer) => ({ status, text, type, replayed: 'true' })

export const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')
