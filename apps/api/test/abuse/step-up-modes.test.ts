import { afterEach, describe, expect, it } from 'vitest'
import { anAddress, startApiWith, type Api } from '../api.ts'
import { proofOf } from '../proof.ts'

let api: Api
afterEach(() => api.stop())

let next = 0
const inSegment = (segment: string) => `${segment}${String(1_000 + ++next)}`

async function send(answered: object, address = anAddress(), mobile = inSegment('1370000')) {
  const response = await api.app.inject({
    method: 'POST',
    url: '/v1/sms_codes',
    headers: { 'x-forwarded-for': address },
    payload: { mobile, ...answered },
  })
  return response.json<Record<string, unknown>>()
}

/** Sends a code, and a gateway accepts the message. */
async function sent(answered: object, address: string, mobile: string) {
  const answer = await send(answered, address, mobile)
  if (answer['code'] === '0') await api.accept(String(answer['request_id']))
  return answer
}

async function anAddressWith(answers: number): Promise<string> {
  const address = anAddress()
  for (let i = 0; i < answers; i++) await send({ image_code: 'ZZZZ', uuid: 'not-issued' }, address)
  return address
}

async function widthFor(address: string): Promise<number> {
  const headers = { 'x-forwarded-for': address }
  return (await api.app.inject({ url: '/image_codes/some-picture/', headers })).rawPayload.readUInt32BE(16)
}

describe('the step-up', () => {
  it('requires only the picture when it is off, and still accepts a proof in its place', async () => {
    api = await startApiWith({ step_up: { enabled: false } })
    const address = await anAddressWith(25)
    expect(await widthFor(address)).toBe(160)
    expect(await send(await api.captcha(), address)).toMatchObject({ code: '0' })
    expect(await send({ proof: await proofOf(api) }, address)).toMatchObject({ code: '0' })
  })

  it('begins later if an address is allowed more attempts', async () => {
    api = await startApiWith({ limits: { address: { attempts: ['300/10m'] } } })
    const address = await anAddressWith(30)
    expect(await widthFor(address)).toBe(160)
    expect(await send(await api.captcha(), address)).toMatchObject({ code: '0' })
  })

  it('begins at the configured percentages', async () => {
    api = await startApiWith({ step_up: { long_picture_percent: 10, proof_percent: 20 } })
    expect(await widthFor(await anAddressWith(2))).toBe(160)
    expect(await widthFor(await anAddressWith(3))).toBe(190)
    expect(await send(await api.captcha(), await anAddressWith(5))).toMatchObject({ code: '0' })
    expect(await send(await api.captcha(), await anAddressWith(6))).toMatchObject({ challenge: 'proof' })
  })
})

describe('the pumping guard', () => {
  const guard = { mode: 'challenge', segment: { min_sends: 10 }, address: { min_sends: 10 } }

  it('requires a proof for a segment with few verified codes, and for no other segment', async () => {
    api = await startApiWith({ guard })
    const from = (segment: string, answered: object) => sent(answered, anAddress(), inSegment(segment))
    const codes = []
    for (let i = 0; i < 12; i++) codes.push((await from('1390001', await api.captcha()))['code'])
    expect(codes).toEqual([...Array<string>(10).fill('0'), '4001', '4001'])
    expect(await from('1390001', await api.captcha())).toMatchObject({ code: '4001', challenge: 'proof' })
    expect(await from('1390001', { proof: await proofOf(api) })).toMatchObject({ code: '0' })
    expect(await from('1390002', await api.captcha())).toMatchObject({ code: '0' })
    expect(await api.registry.metrics()).toContain(
      'sms_guard_findings_total{group="segment",mode="challenge"} 1',
    )
  })

  it('requires a proof from an address whose codes are not verified', async () => {
    api = await startApiWith({ guard, limits: { address: { sends: ['100/60s'], attempts: ['300/10m'] } } })
    const address = anAddress()
    for (let i = 0; i < 10; i++) await sent(await api.captcha(), address, inSegment(String(1_391_000 + i)))
    expect(await send(await api.captcha(), address, inSegment('1391100'))).toMatchObject({
      code: '4001',
      challenge: 'proof',
    })
    expect(await send(await api.captcha(), anAddress(), inSegment('1391100'))).toMatchObject({ code: '0' })
  })
})
