// Defines the secrets and the settings of Tencent and creates the gateway from their values.
import { Type } from '@sinclair/typebox'
import { apiUrl, secret, signName, text } from '../settings.ts'
import { defineVendor } from '../vendor.ts'
import { createTencentGateway } from './gateway.ts'

/** Messages that Tencent allows one number by default. The vendor's console can change both limits. */
export const tencentQuota = [
  { most: 1, seconds: 30 },
  { most: 10, seconds: 86_400 },
]

export const tencent = defineVendor({
  name: 'tencent',
  secrets: Type.Object({
    TENCENT_SECRET_ID: text(
      '^[0-9A-Za-z]{8,64}$',
      'Tencent secret id, such as AKIDExample0000000000000000000000000',
    ),
    TENCENT_SECRET_KEY: secret('Tencent secret key'),
  }),
  settings: Type.Object({
    base_url: apiUrl('Tencent Cloud SMS', 'https://sms.tencentcloudapi.com'),
    app: text('^[0-9]{6,20}$', 'Tencent SMS application id, such as 1400006666'),
    region: text('^[a-z0-9-]{4,32}$', 'Tencent region, such as ap-guangzhou', { default: 'ap-guangzhou' }),
  }),
  words: Type.Object({
    template: text('^[0-9]{1,12}$', 'Tencent template, such as 1110; {1} is the code and {2} the minutes'),
    sign_name: Type.Optional(signName('Tencent')),
    sender: Type.Optional(
      text('^[0-9A-Za-z]{1,20}$', 'sender id that Tencent granted for a foreign country'),
    ),
  }),
  needs: (country) => (country === 'CN' ? ['template', 'sign_name'] : ['template']),
  quota: tencentQuota,
  maxCodeLength: 6,
  create: ({ api, secrets, settings }) =>
    createTencentGateway({
      ...api,
      baseUrl: settings.base_url,
      secretId: secrets.TENCENT_SECRET_ID,
      secretKey: secrets.TENCENT_SECRET_KEY,
      app: settings.app,
      region: settings.region,
    }),
})
