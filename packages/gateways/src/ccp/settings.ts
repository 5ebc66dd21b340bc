// Defines the secrets and the settings of CCP and creates the gateway from their values.
import { Type } from '@sinclair/typebox'
import { apiUrl, secret, text } from '../settings.ts'
import { defineVendor } from '../vendor.ts'
import { createCcpGateway } from './gateway.ts'

// CCP's limits for one template to one number. CCP counts per calendar day. A limit for any 24 hours is stricter.
export const ccpQuota = [
  { most: 1, seconds: 30 },
  { most: 5, seconds: 86_400 },
]

export const ccp = defineVendor({
  name: 'ccp',
  secrets: Type.Object({ CCP_AUTH_TOKEN: secret('CCP auth token') }),
  settings: Type.Object({
    base_url: apiUrl('CCP (Yuntongxun)', 'https://app.cloopen.com:8883'),
    account: text('^[0-9A-Za-z]{8,64}$', 'CCP account sid, such as 8a48b5514e5298b9014e67a3f02f1411'),
    app: text('^[0-9A-Za-z]{8,64}$', 'CCP application id, such as 8a48b5514fa577af014fa5a9d1fe03d0'),
  }),
  words: Type.Object({
    template: text('^[0-9]{1,12}$', 'CCP template, such as 5001; {1} is the code and {2} the minutes'),
  }),
  mainlandOnly: true,
  faults: ({ messages, context }) =>
    messages.map(
      ({ template }, i) =>
        context.isProduction &&
        template === '1' && {
          at: ['messages', i, 'template'],
          says: "must not be 1, CCP's test template, which reaches three numbers only; use a template of your own",
        },
    ),
  quota: ccpQuota,
  create: ({ api, secrets, settings }) =>
    createCcpGateway({
      ...api,
      baseUrl: settings.base_url,
      account: settings.account,
      authToken: secrets.CCP_AUTH_TOKEN,
      app: settings.app,
    }),
})
