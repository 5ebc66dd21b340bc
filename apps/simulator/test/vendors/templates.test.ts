import { afterAll, beforeAll, expect, test } from 'vitest'
import { aliyunMessage, aliyunRpc } from '../requests/aliyun.ts'
import { tencentMessage, tencentRequest } from '../requests/tencent.ts'
import { ccpRequest, startSimulator, type Simulator } from '../running-simulator.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator({
    SIMULATOR_VENDOR_LIMITS: 'off',
    CCP_TEMPLATES: 'login:71,register:72',
    ALIYUN_TEMPLATES: 'login:SMS_71:2',
    TENCENT_TEMPLATES: 'login:71',
  })
})
afterAll(() => simulator.close())

test('a vendor accepts the general template and those of scenes, and no others', async () => {
  for (const templateId of ['1', '71', '72', '73']) await simulator.request(ccpRequest({ templateId }))
  for (const TemplateCode of ['SMS_100000001', 'SMS_71', 'SMS_72'])
    await simulator.request(aliyunRpc({ params: aliyunMessage({ TemplateCode }) }))
  for (const TemplateId of ['1110', '71', '72'])
    await simulator.request(tencentRequest({ fields: tencentMessage({ TemplateId }) }))
  expect(await simulator.outbox()).toMatchObject([
    { gateway: 'ccp', template: '1' },
    { gateway: 'ccp', template: '71' },
    { gateway: 'ccp', template: '72' },
    { gateway: 'aliyun', template: 'SMS_100000001', minutes: 5 },
    { gateway: 'aliyun', template: 'SMS_71', minutes: 2 },
    { gateway: 'tencent', template: '1110' },
    { gateway: 'tencent', template: '71' },
  ])
})
