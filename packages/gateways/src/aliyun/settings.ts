// Defines the secrets and the settings of Aliyun and creates the gateway from their values. The text of a template
// contains the life of a code in minutes. The policy repeats this number, so that a wrong number is a fault.
import { Type } from '@sinclair/typebox'
import { apiUrl, secret, signName, templateMinutes, text } from '../settings.ts'
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
  secrets: Type.Object({
    ALIYUN_ACCESS_KEY_ID: text(
      '^[0-9A-Za-z.]{8,128}$',
      'Aliyun access key id, such as LTAI5tExampleKeyId00000 or the STS.… of a temporary key',
    ),
    ALIYUN_ACCESS_KEY_SECRET: secret('Aliyun access key secret'),
    ALIYUN_SECURITY_TOKEN: Type.Optional(secret('token of a temporary Aliyun access key (STS)')),
  }),
  settings: Type.Object({ base_url: apiUrl('Aliyun SMS', 'https://dysmsapi.aliyuncs.com') }),
  words: Type.Object({
    template: text(
      '^[0-9A-Za-z_]{4,40}$',
      'Aliyun template, such as SMS_100000001, whose only variable is ${code}',
    ),
    sign_name: signName('Aliyun'),
    minutes: templateMinutes,
  }),
  quota: aliyunQuota,
  maxCodeLength: 6,
  create: ({ api, secrets, settings }) =>
    createAliyunGateway({
      ...api,
      baseUrl: settings.base_url,
      accessKeyId: secrets.ALIYUN_ACCESS_KEY_ID,
      accessKeySecret: secrets.ALIYUN_ACCESS_KEY_SECRET,
      securityToken: secrets.ALIYUN_SECURITY_TOKEN,
    }),
})
