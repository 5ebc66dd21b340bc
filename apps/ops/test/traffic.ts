import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { readSecret, signWebhook } from '@sms-codes/gateways/webhook/signature'
import { startOps } from './ops.ts'
import { startApi, startSender, startWorker } from './processes.ts'

const Answer = Type.Object({ code: Type.String(), request_id: Type.Optional(Type.String()) })

/** The RETCODE of an API for which Redis was too late. */
const DBERR = '5000'

/** Starts an API, a worker and a webhook gateway, with the commands on the same Redis. */
export async function startTraffic() {
  const sender = await startSender({
    api_keys: { shop: { scopes: ['send'] } },
    // A busy machine must not fail the tests.
    overload: { event_loop_max_delay: '0s' },
  })
  const apiKey = randomBytes(32).toString('hex')
  const token = randomBytes(24).toString('hex')
  const ops = await startOps({ ...sender.env, API_KEYS: `shop:${apiKey}`, CALLBACK_TOKEN: token })
  const [api, worker] = await Promise.all([startApi(ops.env), startWorker(ops.env)])

  let sends = 0
  async function post(path: string, body: object, headers: Record<string, string> = {}) {
    const response = await fetch(`${api.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    return Value.Parse(Answer, await response.json())
  }

  /** Requests a code as a back end does. */
  function ask(mobile: string, scene = 'default') {
    // Each request comes from another address, because an address has limits.
    const body = { mobile, scene, client_address: `198.51.100.${(sends += 1)}` }
    return post('/v1/sms_codes', body, { authorization: `Bearer ${apiKey}` })
  }

  return {
    ops,
    sender,
    ask,

    /** Requests a code, and repeats the request while Redis is too late for the API. Returns the request id. */
    async send(mobile: string, scene = 'default'): Promise<string> {
      let answer = await ask(mobile, scene)
      for (let tries = 1; tries < 10 && answer.code === DBERR; tries++) answer = await ask(mobile, scene)
      expect(answer.code).toBe('0')
      return answer.request_id ?? ''
    },

    /** Returns the newest message to a phone, when the gateway has it. */
    async messageTo(mobile: string) {
      const find = () => sender.messages.findLast(({ to }) => to === `+86${mobile}`)
      await expect.poll(find).toBeDefined()
      return find() ?? { id: '', code: '' }
    },

    verify: (mobile: string, code: string, id: string, scene = 'default') =>
      post('/v1/sms_codes/verify', { mobile, sms_code: code, scene, request_id: id }),

    /** Reports a message as the gateway does. */
    async report(id: string, status: string, code: string): Promise<void> {
      const body = JSON.stringify({ id, status, code })
      const keys = [readSecret(ops.env['WEBHOOK_SECRETS'] ?? '')]
      const response = await fetch(`${api.url}/callbacks/webhook/${token}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...signWebhook(keys, `report-${id}`, new Date(), body),
        },
        body,
      })
      expect(response.status).toBe(204)
    },

    async stop(): Promise<void> {
      await Promise.all([api.stop(), worker.stop()])
      await sender.stop()
      await ops.stop()
    },
  }
}
export type Traffic = Awaited<ReturnType<typeof startTraffic>>
