import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aMobile, startSystem, wrong, type System } from './system.ts'

let system: System
beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.stop())

async function arrived(mobile: string): Promise<void> {
  await expect.poll(() => system.outbox(mobile)).toHaveLength(1)
}

describe('the service', () => {
  it('takes a user from the image code to a receipt, which a back end redeems once', async () => {
    const mobile = aMobile()
    const uuid = 'a-browser-made-this-1'
    const picture = await fetch(`${system.apis[0]?.url}/image_codes/${uuid}/`)
    expect(picture.headers.get('content-type')).toBe('image/png')
    const text = await system.redis.get(`img_${uuid}`)

    const sent = await system.call(`/sms_codes/${mobile}/?image_code=${text?.toLowerCase()}&uuid=${uuid}`)
    expect(sent).toMatchObject({ status: 200, body: { code: '0', errmsg: '发送短信成功' } })

    await arrived(mobile)
    const [message] = await system.outbox(mobile)
    expect(message).toMatchObject({ to: mobile, minutes: 5, gateway: 'ccp' })
    const id = sent.body['request_id']
    await expect
      .poll(async () => (await system.call(`/v1/sms_codes/${String(id)}`)).body['status'])
      .toBe('sent')

    const verified = await system.verify(mobile, message?.code ?? '', { request_id: id })
    expect(verified).toMatchObject({ status: 200, body: { code: '0', assurance: 'sms', request_id: id } })
    expect(await system.verify(mobile, message?.code ?? '', { request_id: id })).toMatchObject({
      status: 400,
      body: { code: '4008' },
    })

    const proof = { receipt: verified.body['receipt'], scene: 'default', mobile }
    expect(await system.asBackend('POST', '/v1/receipts/redeem', proof)).toMatchObject({
      status: 200,
      body: { code: '0', mobile, request_id: id },
    })
    expect((await system.asBackend('POST', '/v1/receipts/redeem', proof)).status).toBe(409)
    const erased = await system.asBackend('DELETE', `/v1/contacts/${mobile}`)
    expect(erased.body['erased']).toEqual(['code:default', 'sends', 'quota', 'history'])
  })

  it('gives every answer of the original API with its exact text', async () => {
    const mobile = aMobile()
    const { uuid } = await system.captcha()
    const get = async (query: string) => (await system.call(`/sms_codes/${mobile}/${query}`)).body
    expect(await get('')).toEqual({ code: '4003', errmsg: '缺少必传参数' })
    expect(await get(`?uuid=${uuid}`)).toEqual({ code: '4003', errmsg: '缺少必传参数' })
    expect(await get('?image_code=AB3D')).toEqual({ code: '4003', errmsg: '缺少必传参数' })
    expect(await get('?image_code=AB3D&uuid=never-issued')).toEqual({
      code: '4001',
      errmsg: '图形验证码失效',
    })
    expect(await get(`?image_code=ZZZZ&uuid=${uuid}`)).toEqual({ code: '4001', errmsg: '输入图形验证码有误' })
    expect(await get(`?image_code=AB3D&uuid=${uuid}`)).toEqual({ code: '4001', errmsg: '图形验证码失效' })
    expect(await system.outbox(mobile)).toEqual([])
    expect((await system.send(mobile)).body).toMatchObject({ code: '0', errmsg: '发送短信成功' })
    expect((await system.send(mobile)).body).toMatchObject({ code: '4002', errmsg: '发送短信过于频繁' })
    await arrived(mobile)
  })

  it('announces a life of 300 seconds and counts down the attempts', async () => {
    const mobile = aMobile()
    const sent = await system.send(mobile)
    expect(sent.body).toMatchObject({ expires_in: 300, resend_after: 60 })
    await arrived(mobile)
    const [message] = await system.outbox(mobile)
    const code = message?.code ?? ''
    expect(code).toMatch(/^[0-9]{6}$/)
    const owner = { request_id: String(sent.body['request_id']) }
    expect((await system.verify(mobile, wrong(code), owner)).body).toMatchObject({
      code: '4008',
      attempts_left: 4,
    })
    expect((await system.verify(mobile, code)).body).toMatchObject({ code: '0' })
  })
})

describe('the original front end', () => {
  /** What its script shows for an answer. */
  const shown = ({ code, errmsg }: Record<string, unknown>) => {
    if (code === '0') return 'countdown'
    return code === '4001' ? `under the image: ${String(errmsg)}` : `under the SMS field: ${String(errmsg)}`
  }

  it('understands every answer, and fetches a new image after a failure', async () => {
    const mobile = aMobile()
    const { uuid } = await system.captcha()
    const click = async (query: string) => {
      const { status, body } = await system.call(`/sms_codes/${mobile}/?${query}`)
      // axios calls .then only for a status of 2xx.
      expect(status).toBe(200)
      return shown(body)
    }
    expect(await click(`image_code=oops&uuid=${uuid}`)).toBe('under the image: 输入图形验证码有误')
    const next = await system.captcha()
    expect(await click(`image_code=${next.image_code}&uuid=${next.uuid}`)).toBe('countdown')
    const third = await system.captcha()
    expect(await click(`image_code=${third.image_code}&uuid=${third.uuid}`)).toBe(
      'under the SMS field: 发送短信过于频繁',
    )
  })
})
