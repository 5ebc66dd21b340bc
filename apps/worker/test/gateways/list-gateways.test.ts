import { randomBytes } from 'node:crypto'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCodeStore } from '@sms-codes/core/codes/code-store'
import { createLimits } from '@sms-codes/core/limits/limits'
import { policy } from '@sms-codes/core/test/store'
import { createTransport } from '@sms-codes/gateways/transport'
import { answer, serve } from '@sms-codes/gateways/test/servers'
import { loadWorkerConfig } from '../../src/config/config.ts'
import { listGateways } from '../../src/gateways/list-gateways.ts'
import { createWorkerMetrics } from '../../src/worker-metrics.ts'
import { newMobile, log, sendOf, startDelivery } from '../worker.ts'

const key = () => randomBytes(32).toString('base64')
const transport = createTransport()
let delivery: Awaited<ReturnType<typeof startDelivery>>
beforeAll(async () => {
  delivery = await startDelivery()
})
afterAll(async () => {
  transport.close()
  await delivery.stop()
})

let ids = 0
const TAKEN = answer(200, '{"statusCode":"000000"}')

/** The gateways as compose.ts lists them, with CCP's API at `url`. */
function listed(env: Record<string, string>, url = 'http://127.0.0.1:1') {
  const config = loadWorkerConfig({
    PHONE_KEY: key(),
    CODE_KEYS: `k1:${key()}`,
    CCP_BASE_URL: url,
    CCP_ACCOUNT_SID: 'a'.repeat(32),
    CCP_AUTH_TOKEN: 'b'.repeat(32),
    CCP_APP_ID: 'c'.repeat(32),
    CCP_TEMPLATE_ID: '1',
    WEBHOOK_URL: 'http://127.0.0.1:1/',
    WEBHOOK_SECRETS: `whsec_${key()}`,
    ...env,
  })
  const { redis } = delivery
  const metrics = createWorkerMetrics(new Registry(), { sms: [], email: [] })
  return listGateways(config, {
    transport,
    limits: createLimits(redis),
    metrics,
    log,
  })
}

/** The outcomes of messages that are sent one after the other, and the number of calls to CCP. */
async function sent(env: Record<string, string>, mobiles: string[], behaviour = TAKEN) {
  const server = await serve(behaviour)
  const [ccp] = listed({ SMS_GATEWAYS: 'ccp', ...env }, server.url)
  const codes: (string | undefined)[] = []
  for (const mobile of mobiles) {
    const message = { id: `m${++ids}`, mobile, code: '739146', minutes: 5, secondsLeft: 300, scene: 'login' }
    codes.push((await ccp?.send(message, new AbortController().signal))?.code)
  }
  return { codes, calls: server.requests.length }
}

describe('the list of gateways', () => {
  it('knows that CCP recognises a message within one calendar day of China', () => {
    const [ccp] = listed({ SMS_GATEWAYS: 'ccp' })
    const known = (since: string, now: string) => ccp?.recognises(Date.parse(since), Date.parse(now))
    expect(known('2026-11-26T15:59:50Z', '2026-11-26T15:59:59.999Z')).toBe(true)
    expect(known('2026-11-26T15:59:59.999Z', '2026-11-26T16:00:00Z')).toBe(false)
    // Midnight in UTC is eight in the morning in China.
    expect(known('2026-11-26T23:59:59Z', '2026-11-27T00:00:01Z')).toBe(true)
  })

  it.each(['true', 'false'])('trusts WEBHOOK_IDEMPOTENT=%s about repeats', (word) => {
    const [webhook] = listed({ SMS_GATEWAYS: 'webhook', WEBHOOK_IDEMPOTENT: word })
    expect(webhook?.recognises(0, 0)).toBe(word === 'true')
  })

  it('calls CCP once for two messages to one number within 30 seconds, unless SMS_QUOTAS is off', async () => {
    const server = await serve(TAKEN)
    const { redis, keyring } = delivery
    // The limits of the phone would refuse the second send.
    const codes = createCodeStore(redis, keyring, () => ({ ...policy, sends: [{ most: 9, seconds: 1 }] }))
    async function outcomesOfTwo(env: Record<string, string>) {
      const gateways = listed({ SMS_GATEWAYS: 'ccp', ...env }, server.url)
      const mobile = newMobile()
      const deliverOne = async () => delivery.deliver(sendOf(await codes.issue(mobile, 'default')), gateways)
      return [await deliverOne(), await deliverOne()].map(({ outcome }) => outcome)
    }
    expect(await outcomesOfTwo({})).toEqual(['sent', 'failed'])
    expect(server.requests).toHaveLength(1)
    expect(await outcomesOfTwo({ SMS_QUOTAS: 'off' })).toEqual(['sent', 'sent'])
    expect(server.requests).toHaveLength(3)
  })

  it('limits a gateway to its rate', async () => {
    const { codes, calls } = await sent({ SMS_RATES: 'ccp:1' }, Array.from({ length: 20 }, newMobile))
    const held = codes.filter((code) => code === 'RATE_FULL').length
    expect(held).toBeGreaterThan(0)
    expect(calls).toBe(20 - held)
  })

  it('opens the circuit breaker of a gateway whose account is at fault', async () => {
    const fault = answer(200, '{"statusCode":"160053"}')
    const { codes, calls } = await sent({}, [newMobile(), newMobile()], fault)
    expect(codes).toEqual(['160053', 'BREAKER_OPEN'])
    expect(calls).toBe(1)
  })
})
