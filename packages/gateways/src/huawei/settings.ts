// Defines the secret and the settings of Huawei Cloud and creates the gateway from their values.
import { Type } from '@sinclair/typebox'
import { callbackUrl } from '../delivery-receipt.ts'
import { apiUrl, secret, signName, templateMinutes, text } from '../settings.ts'
import { defineVendor } from '../vendor.ts'
import { createHuaweiGateway } from './gateway.ts'

const channel = text('^[0-9A-Za-z]{4,20}$', 'channel number of Huawei, such as 8825010100001')

export const huawei = defineVendor({
  name: 'huawei',
  secrets: Type.Object({ HUAWEI_APP_SECRET: secret('app secret of the Huawei application') }),
  settings: Type.Object({
    base_url: apiUrl('Huawei Cloud SMS', 'https://smsapi.cn-north-4.myhuaweicloud.com'),
    account: text(
      '^[0-9A-Za-z]{8,64}$',
      'app key of the Huawei application, such as exampleappkey00000000001',
    ),
    app: channel,
  }),
  words: Type.Object({
    template: text(
      '^[0-9a-f]{32}$',
      'Huawei template, such as 8ff55eac1d0b478ab3c06c3c6a492300, whose only variable is the code',
    ),
    minutes: templateMinutes,
    sign_name: Type.Optional(signName('Huawei')),
    sender: Type.Optional(channel),
  }),
  // Verification messages that Huawei allows one number.
  quota: [
    { most: 2, seconds: 60 },
    { most: 50, seconds: 86_400 },
  ],
  maxCodeLength: 8,
  create: ({ api, secrets, settings, context }) =>
    createHuaweiGateway({
      ...api,
      baseUrl: settings.base_url,
      appKey: settings.account,
      appSecret: secrets.HUAWEI_APP_SECRET,
      channel: settings.app,
      statusCallback: callbackUrl(api.name, context),
    }),
})
