// Defines the environment variables of Tencent and creates the gateway from their values.
import { Type } from '@sinclair/typebox'
import { apiUrl, apiUrlFault, sceneFault, sceneTemplates, secret, text } from '../settings.ts'
import { defineVendor } from '../vendor.ts'
import { createTencentGateway } from './gateway.ts'

/** Messages that Tencent allows one number by default. The vendor's console can change both limits. */
export const tencentQuota = [
  { most: 1, seconds: 30 },
  { most: 10, seconds: 86_400 },
]

export const tencent = defineVendor({
  name: 'tencent',
  settings: Type.Object({
    TENCENT_BASE_URL: apiUrl('Tencent Cloud SMS', 'https://sms.tencentcloudapi.com'),
    TENCENT_SECRET_ID: text(
      '^[0-9A-Za-z]{8,64}$',
      'Tencent secret id, such as AKIDExample0000000000000000000000000',
    ),
    TENCENT_SECRET_KEY: secret('Tencent secret key'),
    TENCENT_SDK_APP_ID: text('^[0-9]{6,20}$', 'Tencent SMS application id, such as 1400006666'),
    TENCENT_SIGN_NAME: text(
      '^[^\\s【】]{2,20}$',
      'Tencent signature, such as 美多商城, without its brackets',
    ),
    TENCENT_TEMPLATE_ID: text(
      '^[0-9]{1,12}$',
      'Tencent template, such as 1110; {1} is the code and {2} the minutes',
    ),
    TENCENT_TEMPLATES: sceneTemplates('[0-9]{1,12}'),
    TENCENT_REGION: text('^[a-z0-9-]{4,32}$', 'Tencent region, such as ap-guangzhou', {
      default: 'ap-guangzhou',
    }),
  }),
  faults: (values, context) => [
    apiUrlFault('TENCENT_BASE_URL', values.TENCENT_BASE_URL, context),
    sceneFault('TENCENT_TEMPLATES', values.TENCENT_TEMPLATES, context),
  ],
  quota: tencentQuota,
  maxCodeLength: 6,
  create: (settings, { transport }) =>
    createTencentGateway({
      baseUrl: settings.TENCENT_BASE_URL.href,
      secretId: settings.TENCENT_SECRET_ID,
      secretKey: settings.TENCENT_SECRET_KEY,
      sdkAppId: settings.TENCENT_SDK_APP_ID,
      signName: settings.TENCENT_SIGN_NAME,
      templateOf: (scene) => settings.TENCENT_TEMPLATES.get(scene) ?? settings.TENCENT_TEMPLATE_ID,
      region: settings.TENCENT_REGION,
      transport,
    }),
})
