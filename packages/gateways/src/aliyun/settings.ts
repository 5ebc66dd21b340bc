// Defines the environment variables of Aliyun and creates the gateway from their values. The text of a template
// contains the life of a code in minutes. The configuration repeats this number, so that a wrong number is a fault.
import { Type } from '@sinclair/typebox'
import { apiUrl, apiUrlFault, byScene, sceneFault, secret, text } from '../settings.ts'
import { defineVendor } from '../vendor.ts'
import { createAliyunGateway } from './gateway.ts'

/** Verification messages that Aliyun allows one number under one signature. */
export const aliyunQuota = [
  { most: 1, seconds: 60 },
  { most: 5, seconds: 3_600 },
  { most: 10, seconds: 86_400 },
]

export const aliyun = defineVendor({
  name: 'aliyun',
  settings: Type.Object({
    ALIYUN_BASE_URL: apiUrl('Aliyun SMS', 'https://dysmsapi.aliyuncs.com'),
    ALIYUN_ACCESS_KEY_ID: text(
      '^[0-9A-Za-z]{8,64}$',
      'Aliyun access key id, such as LTAI5tExampleKeyId00000',
    ),
    ALIYUN_ACCESS_KEY_SECRET: secret('Aliyun access key secret'),
    ALIYUN_SIGN_NAME: text('^[^\\s【】]{2,20}$', 'Aliyun signature, such as 美多商城, without its brackets'),
    ALIYUN_TEMPLATE_CODE: text(
      '^[0-9A-Za-z_]{4,40}$',
      'Aliyun template, such as SMS_100000001, whose only variable is ${code}',
    ),
    ALIYUN_TEMPLATE_MINUTES: Type.Integer({
      minimum: 1,
      maximum: 10,
      default: 5,
      description: 'minutes in the text of the Aliyun template; must be the life of the code',
    }),
    ALIYUN_TEMPLATES: byScene(
      'template:minutes',
      'login:SMS_100000002:2',
      '[0-9A-Za-z_]{4,40}:[1-9][0-9]?',
      ([code = '', minutes]) => ({
        code,
        minutes: Number(minutes),
      }),
    ),
  }),
  faults: ({ ALIYUN_BASE_URL, ALIYUN_TEMPLATES, ALIYUN_TEMPLATE_MINUTES }, context) => [
    apiUrlFault('ALIYUN_BASE_URL', ALIYUN_BASE_URL, context),
    sceneFault('ALIYUN_TEMPLATES', ALIYUN_TEMPLATES, context),
    ...(context.scenes ?? []).map(({ name, ttlSeconds }) => {
      if (ALIYUN_TEMPLATES === undefined || ALIYUN_TEMPLATE_MINUTES === undefined) return false
      const minutes = ALIYUN_TEMPLATES.get(name)?.minutes ?? ALIYUN_TEMPLATE_MINUTES
      return minutes * 60 !== ttlSeconds && minutesFault(name, ttlSeconds)
    }),
  ],
  quota: aliyunQuota,
  maxCodeLength: 6,
  create: (settings, { transport }) =>
    createAliyunGateway({
      baseUrl: settings.ALIYUN_BASE_URL.href,
      accessKeyId: settings.ALIYUN_ACCESS_KEY_ID,
      accessKeySecret: settings.ALIYUN_ACCESS_KEY_SECRET,
      signName: settings.ALIYUN_SIGN_NAME,
      templateOf: (scene) => settings.ALIYUN_TEMPLATES.get(scene)?.code ?? settings.ALIYUN_TEMPLATE_CODE,
      transport,
    }),
})

const minutesFault = (scene: string, ttlSeconds: number) =>
  `ALIYUN_TEMPLATE_MINUTES: codes of scene ${scene} live ${ttlSeconds} s, but the template's text names other minutes; change the life, or give the scene a template in ALIYUN_TEMPLATES`
