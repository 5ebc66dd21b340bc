import { randomBytes } from 'node:crypto'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCodeStore } from '@sms-codes/core/codes/code-store'
import { createLimits } from '@sms-codes/core/limits/limits'
import { keys } from '@sms-codes/core/redis/keys'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { policy } from '@sms-codes/core/test/store'
import { createTransport } from '@sms-codes/gateways/transport'
import { answer, serve } from '@sms-codes/gateways/test/servers'
import { loadWorkerConfig } from '../../src/config/config.ts'
import { listGateways } from '../../src/gateways/list-gateways.ts'
import { createWorkerMetrics } from '../../src/worker-metrics.ts'
import { log, messageTo, newMobile, sendOf, startDelivery } from '../worker.ts'

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

const TAKEN = answer(200, '{"statusCode":"000000"}')

const ccp = { account: 'a'.repeat(32), app: 'c'.repeat(32), messages: [{ template: '1' }] }
const webhook = { base_url: 'http://127.0.0.1:1/' }

/** The gateways as compose.ts lists them, with CCP's API at `url`. */
function listed(gateways: object, url = 'http://127.0.0.1:1', isOff = () => false) {
  const POLICY_FILE = policyFile({ gateways: { ccp: { ...ccp, base_url: url }, ...gateways } })
  const ring = { PHONE_KEY: key(), CODE_KEYS: `k1:${key()}` }
  const secrets = { CCP_AUTH_TOKEN: 'b'.repeat(32), WEBHOOK_SECRETS: `whsec_${key()}` }
  const config = loadWorkerConfig({ ...ring, ...secrets, POLICY_FILE })
  const metrics = createWorkerMetrics(new Registry(), { sms: [], email: [] })
  const limits = createLimits(delivery.redis)
  return listGateways(config.gateways, { transport, limits, metrics, log, switches: { isOff } })
}

/** The outcomes of messages that are sent one after the other, and the number of calls to CCP. */
async function sent(own: object, mobiles: string[], behaviour = TAKEN) {
  const server = await serve(behaviour)
  const [gateway] = listed({ ccp: { ...ccp, base_url: server.url, ...own } })
  const codes: (string | undefined)[] = []
  for (const mobile of mobiles)
    codes.push((await gateway?.send(messageTo(mobile), new AbortController().signal))?.code)
  return { codes, calls: server.requests.length }
}

describe('the list of gateways', () => {
  it('knows that CCP recognises a message within one calendar day of China', () => {
    const [gateway] = listed({})
    const known = (since: string, now: string) => gateway?.recognises(Date.parse(since), Date.parse(now))
    expect(known('2026-11-26T15:59:50Z', '2026-11-26T15:59:59.999Z')).toBe(true)
    expect(known('2026-11-26T15:59:59.999Z', '2026-11-26T16:00:00Z')).toBe(false)
    // Midnight in UTC is eight in the morning in China.
    expect(known('2026-11-26T23:59:59Z', '2026-11-27T00:00:01Z')).toBe(true)
  })

  it.each([true, false])('trusts idempotent: %s of a webhook about repeats', (idempotent) => {
    const [, gateway] = listed({ webhook: { ...webhook, idempotent } })
    expect(gateway?.recognises(0, 0)).toBe(idempotent)
  })

  it('calls CCP once for two messages to one number within 30 seconds, unless its quota is empty', async () => {
    const server = await serve(TAKEN)
    const { redis, keyring } = delivery
    // The limits of the phone would refuse the second send.
    const codes = createCodeStore(redis, keyring, () => ({ ...policy, sends: [{ most: 9, seconds: 1 }] }))
    async function outcomesOfTwo(own: object) {
      const gateways = listed({ ccp: { ...ccp, base_url: server.url, ...own } })
      const mobile = newMobile()
      const deliverOne = async () => delivery.deliver(sendOf(await codes.issue(mobile, 'default')), gateways)
      return [await deliverOne(), await deliverOne()].map(({ outcome }) => outcome)
    }
    expect(await outcomesOfTwo({})).toEqual(['sent', 'failed'])
    expect(server.requests).toHaveLength(1)
    expect(await outcomesOfTwo({ quota: [] })).toEqual(['sent', 'sent'])
    expect(server.requests).toHaveLength(3)
  })

  it('has the countries and the weight of each gateway', () => {
    const own = {
      ccp: { ...ccp, weight: 3 },
      webhook: { ...webhook, countries: ['CN'] },
      us: { vendor: 'console' },
    }
    const gateways = listed(own).map(({ name, countries, weight }) => ({ name, countries, weight }))
    expect(gateways).toEqual([
      { name: 'ccp', countries: ['CN'], weight: 3 },
      { name: 'webhook', countries: ['CN'], weight: 0 },
      { name: 'us', countries: ['CN'], weight: 0 },
    ])
  })

  it('limits a gateway to its rate', async () => {
    const { codes, calls } = await sent({ rate: 1 }, Array.from({ length: 20 }, newMobile))
    const held = codes.filter((code) => code === 'RATE_FULL').length
    expect(held).toBeGreaterThan(0)
    expect(calls).toBe(20 - held)
  })

  it('skips a gateway that is switched off, which takes nothing from its rate and opens no breaker', async () => {
    const server = await serve(TAKEN)
    await delivery.redis.del(keys.rate('ccp'))
    let off = true
    const [gateway] = listed({ ccp: { ...ccp, base_url: server.url, rate: 1 } }, server.url, () => off)
    const codeOf = async () =>
      (await gateway?.send(messageTo(newMobile()), new AbortController().signal))?.code
    for (let i = 0; i < 10; i++) expect(await codeOf()).toBe('SWITCHED_OFF')
    expect(server.requests).toHaveLength(0)
    off = false
    expect(await codeOf()).toBe('000000')
  })

  it('opens the circuit breaker of a gateway whose account is at fault', async () => {
    const fault = answer(200, '{"statusCode":"160053"}')
    const { codes, calls } = await sent({}, [newMobile(), newMobile()], fault)
    expect(codes).toEqual(['160053', 'BREAKER_OPEN'])
    expect(calls).toBe(1)
  })
})
