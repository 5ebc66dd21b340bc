// Defines the environment variables of CCP and creates the gateway from their values.
import { Type } from '@sinclair/typebox'
import { apiUrl, apiUrlFault, sceneFault, sceneTemplates, secret, text } from '../settings.ts'
import { defineVendor } from '../vendor.ts'
import { createCcpGateway } from './gateway.ts'

// CCP's limits for one template to one number. CCP counts per calendar day. A limit for any 24 hours is stricter.
export const ccpQuota = [
  { most: 1, seconds: 30 },
  { most: 5, seconds: 86_400 },
]

export const ccp = defineVendor({
  name: 'ccp',
  settings: Type.Object({
    CCP_BASE_URL: apiUrl('CCP (Yuntongxun)', 'https://app.cloopen.com:8883'),
    CCP_ACCOUNT_SID: text('^[0-9A-Za-z]{8,64}$', 'CCP account sid, such as 8a48b5514e5298b9014e67a3f02f1411'),
    CCP_AUTH_TOKEN: secret('CCP auth token'),
    CCP_APP_ID: text('^[0-9A-Za-z]{8,64}$', 'CCP application id, such as 8a48b5514fa577af014fa5a9d1fe03d0'),
    CCP_TEMPLATE_ID: text('^[0-9]{1,12}$', 'CCP template, such as 5001; {1} is the code and {2} the minutes'),
    CCP_TEMPLATES: sceneTemplates('[0-9]{1,12}'),
  }),
  faults: (values, context) => [
    apiUrlFault('CCP_BASE_URL', values.CCP_BASE_URL, context),
    sceneFault('CCP_TEMPLATES', values.CCP_TEMPLATES, context),
    context.isProduction &&
      values.CCP_TEMPLATE_ID === '1' &&
      "CCP_TEMPLATE_ID: 1 is CCP's test template, which reaches three numbers only; set a template of your own",
  ],
  quota: ccpQuota,
  create: (settings, { transport }) =>
    createCcpGateway({
      baseUrl: settings.CCP_BASE_URL.href,
      accountSid: settings.CCP_ACCOUNT_SID,
      authToken: settings.CCP_AUTH_TOKEN,
      appId: settings.CCP_APP_ID,
      templateOf: (scene) => settings.CCP_TEMPLATES.get(scene) ?? settings.CCP_TEMPLATE_ID,
      transport,
    }),
})
