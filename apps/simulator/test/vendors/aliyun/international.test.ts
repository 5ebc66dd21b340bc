import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aliyunMessage, aliyunRpc } from '../../requests/aliyun.ts'
import { part, type RawRequest } from '../../requests/request.ts'
import { startSimulator, type Simulator } from '../../running-simulator.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

async function codeOf(request: RawRequest): Promise<unknown> {
  return part(await simulator.request(request), 'Code')
}

describe('numbers of other countries', () => {
  const foreign = (over: Record<string, string | undefined> = {}) =>
    aliyunMessage({
      PhoneNumbers: '85290000000',
      SignName: 'Demo',
      TemplateCode: 'SMS_200000001',
      ...over,
    })

  test.each([
    ['85290000000', 'SMS_200000001', 'HK', 'zh-HK', '【Demo】您的驗證碼是123456，請於5分鐘內輸入'],
    ['13105551234', 'SMS_200000002', 'US', 'en', '[Demo] Your code is 123456. It is valid for 5 minutes.'],
  ])('%s gets the international template %s', async (number, template, country, locale, text) => {
    const params = foreign({ PhoneNumbers: number, TemplateCode: template })
    expect(await codeOf(aliyunRpc({ params }))).toBe('OK')
    expect(await simulator.outbox(`+${number}`)).toMatchObject([
      { to: `+${number}`, number: `+${number}`, country, template, locale, text, sign_name: 'Demo' },
    ])
  })

  test.each([
    ['a domestic template', { TemplateCode: 'SMS_100000001' }, 'isv.MOBILE_NUMBER_ILLEGAL'],
    ['a plus before the number', { PhoneNumbers: '+85290000000' }, 'isv.MOBILE_NUMBER_ILLEGAL'],
    ['a number without its country code', { PhoneNumbers: '012345' }, 'isv.MOBILE_NUMBER_ILLEGAL'],
    ['a number in China', { PhoneNumbers: '13800138000' }, 'isv.DOMESTIC_NUMBER_NOT_SUPPORTED'],
    ['a number that begins with 86', { PhoneNumbers: '8613800138000' }, 'isv.DOMESTIC_NUMBER_NOT_SUPPORTED'],
    ['a domestic signature', { SignName: '演示' }, 'isv.SMS_SIGNATURE_SCENE_ILLEGAL'],
    ['an unknown signature', { SignName: '别人' }, 'isv.SMS_SIGNATURE_ILLEGAL'],
  ])('an international template refuses %s', async (_name, params, code) => {
    expect(await codeOf(aliyunRpc({ params: foreign(params) }))).toBe(code)
    expect(await simulator.outbox()).toEqual([])
  })

  test('a domestic template refuses an international signature', async () => {
    const params = aliyunMessage({ SignName: 'Demo' })
    expect(await codeOf(aliyunRpc({ params }))).toBe('isv.SMS_SIGNATURE_SCENE_ILLEGAL')
  })

  test('QuerySendDetails finds a message by the number as it was sent', async () => {
    await simulator.request(aliyunRpc({ params: foreign() }))
    const day = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', '')
    const params = { PhoneNumber: '85290000000', SendDate: day, PageSize: '10', CurrentPage: '1' }
    const answer = await simulator.request(aliyunRpc({ action: 'QuerySendDetails', params }))
    expect(part(answer, 'SmsSendDetailDTOs', 'SmsSendDetailDTO')).toMatchObject([
      { PhoneNum: '85290000000', OutId: 'job-1', TemplateCode: 'SMS_200000001' },
    ])
  })
})
