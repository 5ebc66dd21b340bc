import { afterEach, describe, expect, it } from 'vitest'
import { toRecord } from './json.ts'
import { nodeOptions } from './system-env.ts'
import { aMobile, startSystem, type System } from './system.ts'

const LOAD_SDK = nodeOptions('tracing-sdk.mjs')

let system: System
afterEach(() => system.stop())

type Span = { traceId: string; spanId: string; parent: string; name: string }

function spans(): Span[] {
  return system.logs.flatMap(({ line }) => {
    if (!line.startsWith('{"span":')) return []
    const span = toRecord(toRecord(JSON.parse(line))['span'])
    const text = (field: string) => (typeof span[field] === 'string' ? span[field] : '')
    return [{ traceId: text('traceId'), spanId: text('spanId'), parent: text('parent'), name: text('name') }]
  })
}
const named = (name: string) => spans().find((span) => span.name === name)

/** The names of a span and of its ancestors, up to the root of its trace. */
function pathToRoot(from: Span | undefined): string[] {
  const all = spans()
  const parentOf = ({ parent, traceId }: Span) =>
    all.find((span) => span.spanId === parent && span.traceId === traceId)
  const names: string[] = []
  for (let span = from; span !== undefined; span = parentOf(span)) names.push(span.name)
  return names
}

async function sendAndVerify(): Promise<{ mobile: string; code: string; uuid: string }> {
  const mobile = aMobile()
  const captcha = await system.captcha()
  const sent = await system.post('/v1/sms_codes', { mobile, ...captcha })
  expect(sent.body['code']).toBe('0')
  await expect.poll(() => system.outbox(mobile)).toHaveLength(1)
  const code = (await system.outbox(mobile))[0]?.code ?? ''
  expect((await system.verify(mobile, code)).body['code']).toBe('0')
  return { mobile, code, uuid: captcha.uuid }
}

describe('tracing', () => {
  it('connects a request from HTTP through the queue to the gateway in one trace', async () => {
    system = await startSystem({ env: { ...LOAD_SDK, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' } })
    await sendAndVerify()
    await expect.poll(() => named('send ccp')).toBeDefined()
    await expect
      .poll(() => pathToRoot(named('send ccp')))
      .toEqual(['send ccp', 'process sms', 'add sms.send', 'POST /v1/sms_codes'])
  })

  it('records no number, code, image code or URL on any route', async () => {
    system = await startSystem({
      env: { ...LOAD_SDK, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', SMS_GATEWAYS: 'ccp,twilio' },
      // An id or a time of a span has the digits of a shorter code by chance.
      policy: { codes: { length: 10 } },
    })
    await system.fault('160050')
    const seen = [await sendAndVerify(), await sendAndVerify()]
    const mobile = aMobile()
    await system.send(mobile)
    await system.send(mobile)
    await system.verify(mobile, '000000')
    await system.asBackend('PUT', `/v1/contacts/${mobile}`, {
      email: 'owner@shop.example',
      verified_at: new Date().toISOString(),
    })
    await system.call(`/nowhere/${mobile}?image_code=AB3D`)
    await expect.poll(() => system.open()).toBe(0)
    await expect.poll(() => named('send twilio')).toBeDefined()
    const text = system.logs.filter(({ line }) => line.startsWith('{"span":')).map(({ line }) => line)
    const all = text.join('\n')
    expect(text.length).toBeGreaterThan(20)
    expect(all).toContain('"http.route":"/sms_codes/:mobile"')
    const secrets = [mobile, 'owner@', ...seen.flatMap((one) => Object.values(one))]
    expect(secrets.filter((secret) => all.includes(secret))).toEqual([])
    // The id of a request or a job may have the four characters of an image code by chance.
    expect(all).not.toMatch(/(?<![\w-])AB3D(?![\w-])/)
    expect(all).not.toMatch(/https?:\/\/|\?[a-z_]+=/)
  })

  it('is off by default, even with an SDK, and adds nothing to a job', async () => {
    system = await startSystem({ workers: 0, env: LOAD_SDK })
    expect((await system.send(aMobile())).body['code']).toBe('0')
    const [id = ''] = await system.redis.lrange('{sms}:sms:wait', 0, -1)
    expect(await system.redis.hget(`{sms}:sms:${id}`, 'opts')).not.toContain('tm')
    expect(spans()).toEqual([])
  })
})
