import { afterEach, describe, expect, it } from 'vitest'
import { parseListEntry } from '@sms-codes/core/limits/networks'
import { createLists, type ListName } from '@sms-codes/core/limits/allow-deny-lists'
import { readAudit } from '@sms-codes/core/limits/audit'
import { anAddress, startApi, startApiWith, type Api } from '../api.ts'

let api: Api
afterEach(() => api.stop())

let next = 0
const inSegment = (segment: string) => `${segment}${String(1_000 + ++next)}`

async function send(mobile: string, address = anAddress(), answered?: object) {
  const response = await api.app.inject({
    method: 'POST',
    url: '/v1/sms_codes',
    headers: { 'x-forwarded-for': address },
    payload: { mobile, ...(answered ?? (await api.captcha())) },
  })
  return {
    status: response.statusCode,
    headers: Object.keys(response.headers),
    body: response.json<Record<string, unknown>>(),
  }
}
/** Puts an entry on a list while the API runs, as an operator does. */
async function put(list: ListName, text: string): Promise<void> {
  const entry = parseListEntry(text)
  if (entry === null) throw new Error(`not a list entry: ${text}`)
  await createLists(api.redis).put(list, entry)
}
const decisions = () => readAudit(api.redis, 100)

describe('the deny list', () => {
  it.each([
    ['a network', '203.0.113.0/24'],
    ['a segment', '1390010'],
    ['a phone', null],
  ])('answers a send that is denied by %s like a throttled phone, and sends nothing', async (by, text) => {
    api = await startApi()
    const mobile = inSegment('1390010')
    const ph = api.keyring.pseudonym(mobile)
    const address = '203.0.113.7'
    const busy = inSegment('1380000')
    await send(busy)
    const throttled = await send(busy)
    await put('deny', text ?? ph)

    const captcha = await api.captcha()
    const denied = await send(mobile, address, captcha)
    expect({ ...denied, body: { ...denied.body, retry_after: 60 } }).toEqual({
      ...throttled,
      body: { ...throttled.body, retry_after: 60 },
    })
    expect(denied.body).toMatchObject({ code: '4002', errmsg: '发送短信过于频繁' })
    expect(denied.body['retry_after']).toBeGreaterThan(0)
    expect(denied.body['retry_after']).toBeLessThanOrEqual(3_600)
    expect(await api.waiting()).toHaveLength(1)
    expect(await api.redis.exists(`img_${captcha.uuid}`)).toBe(0)

    const kind = by.slice(2)
    await expect.poll(decisions).toHaveLength(1)
    const [decision] = await decisions()
    expect(decision).toEqual({
      what: 'list',
      list: 'deny',
      by: kind,
      entry: text ?? ph,
      phone: ph,
      address: api.keyring.pseudonym(address),
    })
    expect(JSON.stringify(decision)).not.toContain(mobile)
    expect(JSON.stringify(decision)).not.toContain(address)
    const metrics = await api.registry.metrics()
    expect(metrics).toContain(`sms_list_decisions_total{list="deny",by="${kind}"} 1`)
    expect(metrics).toContain('sms_refused_by_limit_total{limit="deny_list"} 1')
    expect(metrics).toContain('sms_refused_by_limit_total{limit="guard"} 0')
    expect((await send(inSegment('1390011'))).status).toBe(202)
  })

  it('decides nothing before the picture was answered right', async () => {
    api = await startApiWith({ lists: { deny: ['1390012'] } })
    const { body } = await send(inSegment('1390012'), anAddress(), {
      ...(await api.captcha()),
      image_code: 'ZZZZ',
    })
    expect(body).toMatchObject({ code: '4001', errmsg: '输入图形验证码有误' })
    expect(await decisions()).toEqual([])
  })

  it('counts a denied send against the limit of its address, like one of a throttled phone', async () => {
    api = await startApiWith({ lists: { deny: ['1390013'] } })
    const texts = async (mobile: string) => {
      const address = anAddress()
      const answers = []
      for (let i = 0; i < 7; i++) answers.push((await send(mobile, address)).body['errmsg'])
      return answers
    }
    const busy = inSegment('1380000')
    await send(busy)
    expect(await texts(inSegment('1390013'))).toEqual(await texts(busy))
  })

  it('takes nothing from the budget or from the limit of the segment for a denied send', async () => {
    api = await startApiWith({
      lists: { deny: ['203.0.113.0/24'] },
      budget: { messages: ['1/1h'] },
      limits: { segment: ['1/60s'] },
    })
    for (let i = 0; i < 3; i++) await send(inSegment('1390014'), `203.0.113.${i}`)
    expect((await send(inSegment('1390014'))).status).toBe(202)
  })

  it('stops denying when its entry is removed', async () => {
    api = await startApi()
    await put('deny', '1390015')
    expect((await send(inSegment('1390015'))).status).toBe(429)
    await createLists(api.redis).remove('deny', { kind: 'segment', text: '1390015' })
    expect((await send(inSegment('1390015'))).status).toBe(202)
  })

  it('takes precedence over the allow list', async () => {
    api = await startApiWith({ lists: { allow: ['203.0.113.0/24'] } })
    await put('deny', '1390016')
    expect((await send(inSegment('1390016'), '203.0.113.7')).status).toBe(429)
  })
})

describe('the allow list', () => {
  it('exempts a caller from the limits of address, subnet and segment', async () => {
    api = await startApiWith({
      lists: { allow: ['203.0.113.0/24'] },
      limits: { address: { sends: ['1/60s'] }, subnet: { sends: ['1/60s'] }, segment: ['1/60s'] },
    })
    const statuses = async (address: string) => {
      const answers = []
      for (let i = 0; i < 3; i++) answers.push((await send(inSegment('1390020'), address)).status)
      return answers
    }
    expect(await statuses('203.0.113.7')).toEqual([202, 202, 202])
    expect(await statuses('198.51.100.7')).toEqual([202, 429, 429])
    expect(await api.registry.metrics()).toContain('sms_list_decisions_total{list="allow",by="network"} 3')
  })

  it('adds no entry to the audit stream for an allowed send', async () => {
    api = await startApiWith({ lists: { allow: ['203.0.113.0/24'], deny: ['1390024'] } })
    for (let i = 0; i < 3; i++) expect((await send(inSegment('1390020'), '203.0.113.7')).status).toBe(202)
    // The entries are written in the order of the sends, so the denial comes after any entry of an allowed send.
    expect((await send(inSegment('1390024'))).status).toBe(429)
    await expect.poll(decisions).not.toEqual([])
    expect(await decisions()).toMatchObject([{ list: 'deny', entry: '1390024' }])
  })

  it.each(['deny', 'challenge'])('exempts a caller from a pumping guard in the mode %s', async (mode) => {
    api = await startApiWith({ guard: { mode, segment: { min_sends: 5 } } })
    for (let i = 0; i < 5; i++)
      await api.accept(String((await send(inSegment('1390021'))).body['request_id']))
    expect((await send(inSegment('1390021'))).body['code']).not.toBe('0')
    await put('allow', '1390021')
    expect((await send(inSegment('1390021'))).status).toBe(202)
  })

  it('keeps sends and verified codes out of the counts of the pumping guard', async () => {
    api = await startApiWith({ lists: { allow: ['1390022'] } })
    const mobile = inSegment('1390022')
    const { body } = await send(mobile)
    const sms_code = await api.codeOf(String(body['request_id']))
    await api.accept(String(body['request_id']))
    const verified = await api.post('/v1/sms_codes/verify', { mobile, sms_code })
    expect(verified.body).toMatchObject({ code: '0' })
    expect(await api.redis.keys('sms:{gate}:guard:*')).toEqual([])
  })

  it('does not exempt a caller from the limits of the phone and from the budget', async () => {
    api = await startApiWith({ lists: { allow: ['1390023'] }, budget: { messages: ['2/1h'] } })
    const mobile = inSegment('1390023')
    expect((await send(mobile)).status).toBe(202)
    expect((await send(mobile)).body).toMatchObject({ code: '4002', errmsg: '发送短信过于频繁' })
    expect((await send(inSegment('1390023'))).status).toBe(202)
    expect((await send(inSegment('1390023'))).status).toBe(503)
  })
})
