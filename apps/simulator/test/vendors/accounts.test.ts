import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ALIYUN, CCP, HUAWEI, SIGN_NAMES, SNS, TENCENT, TWILIO, VONAGE } from '../../src/vendors/accounts.ts'
import { aliyunMessage, aliyunRpc } from '../requests/aliyun.ts'
import { tencentMessage, tencentRequest } from '../requests/tencent.ts'
import { ccpRequest, startSimulator, textLike, type Simulator } from '../running-simulator.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator({ SIMULATOR_VENDOR_LIMITS: 'off' })
})
afterAll(() => simulator.close())

const EN = textLike(/Your code is \d+\. It is valid for 5 minutes\.$/)

test('a vendor accepts its registered templates and no others', async () => {
  for (const templateId of ['1', '5001', '5101', '5002']) await simulator.request(ccpRequest({ templateId }))
  for (const TemplateCode of ['SMS_100000001', 'SMS_100000002', 'SMS_100000101', 'SMS_100000003'])
    await simulator.request(aliyunRpc({ params: aliyunMessage({ TemplateCode }) }))
  for (const TemplateId of ['1110', '1111', '1121', '1112'])
    await simulator.request(tencentRequest({ fields: tencentMessage({ TemplateId }) }))
  expect(await simulator.outbox()).toMatchObject([
    { gateway: 'ccp', template: '1' },
    { gateway: 'ccp', template: '5001' },
    { gateway: 'ccp', template: '5101', locale: 'en', text: EN },
    { gateway: 'aliyun', template: 'SMS_100000001', minutes: 5 },
    { gateway: 'aliyun', template: 'SMS_100000002', minutes: 2 },
    { gateway: 'aliyun', template: 'SMS_100000101', locale: 'en', text: EN },
    { gateway: 'tencent', template: '1110' },
    { gateway: 'tencent', template: '1111' },
    { gateway: 'tencent', template: '1121', locale: 'en', text: EN },
  ])
})

test('the README names every account, template and sender', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const names = [
    CCP.account,
    CCP.app,
    TENCENT.app,
    TWILIO.account,
    TWILIO.apiKey,
    TWILIO.messagingService,
    HUAWEI.appKey,
    VONAGE.apiKey,
    VONAGE.sender,
    SNS.region,
    SNS.sender,
    ...[CCP, ALIYUN, TENCENT, HUAWEI].flatMap(({ templates }) => [...templates.keys()]),
    ...HUAWEI.channels.keys(),
    ...TWILIO.senders,
    ...Object.values(SIGN_NAMES),
  ]
  expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([])
})
