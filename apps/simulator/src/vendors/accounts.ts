// The accounts with the simulated vendors: ids, sign names, senders and registered templates. They are fixed, so that a
// policy can name them. Secrets are variables; see vendor-settings.ts.

/** Vendors in China keep domestic and international templates apart, and a template only goes to numbers of its kind. */
export type Kind = 'domestic' | 'international'

export type Template = {
  kind: Kind
  locale: 'zh-CN' | 'zh-HK' | 'en'
  /** The minutes in the text of a template whose only variable is the code. */
  minutes?: number
}

const chinese = { kind: 'domestic', locale: 'zh-CN' } as const
const chinaInEnglish = { kind: 'domestic', locale: 'en' } as const
const hongKong = { kind: 'international', locale: 'zh-HK' } as const
const english = { kind: 'international', locale: 'en' } as const

export const SIGN_NAMES: Record<Kind, string> = { domestic: '演示', international: 'Demo' }

export const CCP = {
  account: 'aaf98f894d328b13014d6c3d0b8b2f5f',
  app: '8a48b5514fa577af014fa5a9d1fe03d0',
  signName: '云通讯',
  testTemplate: '1',
  templates: new Map<string, Template>([
    ['1', chinese],
    ['5001', chinese],
    ['5101', chinaInEnglish],
  ]),
}

export const ALIYUN = {
  templates: new Map<string, Template>([
    ['SMS_100000001', { ...chinese, minutes: 5 }],
    ['SMS_100000002', { ...chinese, minutes: 2 }],
    ['SMS_100000101', { ...chinaInEnglish, minutes: 5 }],
    ['SMS_200000001', { ...hongKong, minutes: 5 }],
    ['SMS_200000002', { ...english, minutes: 5 }],
  ]),
}

export const TENCENT = {
  app: '1400000001',
  templates: new Map<string, Template>([
    ['1110', chinese],
    ['1111', chinese],
    ['1121', chinaInEnglish],
    ['2220', hongKong],
    ['2221', english],
  ]),
}

export const TWILIO = {
  account: 'AC00000000000000000000000000000001',
  apiKey: 'SK00000000000000000000000000000001',
  messagingService: 'MG00000000000000000000000000000001',
  senders: ['+15005550006', 'Demo'],
}

export const HUAWEI = {
  appKey: 'simulatedhuaweiappkey00001',
  channels: new Map<string, Kind>([
    ['8825010100001', 'domestic'],
    ['8825010100002', 'international'],
  ]),
  templates: new Map<string, Template>([
    ['8ff55eac1d0b478ab3c06c3c6a492300', { ...chinese, minutes: 5 }],
    ['8ff55eac1d0b478ab3c06c3c6a492302', { ...chinaInEnglish, minutes: 5 }],
    ['8ff55eac1d0b478ab3c06c3c6a492301', { ...english, minutes: 5 }],
  ]),
}

export const VONAGE = { apiKey: 'abcd1234', sender: 'Demo' }

export const SNS = { region: 'us-east-1', sender: 'Demo' }
