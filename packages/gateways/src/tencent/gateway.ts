// Makes Tencent Cloud's SendSms call (2021-01-11). Tencent treats a repeat as a new message and only echoes the
// message's id, sent as SessionContext. After an ambiguous send, the gateway searches the number's records.
import { Type } from '@sinclair/typebox'
import { apiUrl, secret, signName, text } from '../settings.ts'
import { defineVendor, type VendorOptions } from '../vendor.ts'
import type { Found, Outcome, SmsGateway, SmsMessage } from '../gateway.ts'
import { field, parseJson } from '../json.ts'
import { isMainland } from '../number.ts'
import { classOfTencentCode, isKnownTencentCode } from './codes.ts'
import { foundInRecords, serialNoOf, windowAround } from './look-up.ts'
import { signTc3 } from './signature.ts'
import { codeOutcome, transportOutcome, UNKNOWN_CODE } from '../transport-outcome.ts'
import { withoutSlash, type PostResult } from '../transport.ts'
import { vendorWord } from '../vendor-word.ts'

const secrets = Type.Object({
  TENCENT_SECRET_ID: text(
    '^[0-9A-Za-z]{8,64}$',
    'Tencent secret id, such as AKIDExample0000000000000000000000000',
  ),
  TENCENT_SECRET_KEY: secret('Tencent secret key'),
})
const settings = Type.Object({
  base_url: apiUrl('Tencent Cloud SMS', 'https://sms.tencentcloudapi.com'),
  app: text('^[0-9]{6,20}$', 'Tencent SMS application id, such as 1400006666'),
  region: text('^[a-z0-9-]{4,32}$', 'Tencent region, such as ap-guangzhou', { default: 'ap-guangzhou' }),
})
export type TencentOptions = VendorOptions<typeof secrets, typeof settings>

export function createTencentGateway(options: TencentOptions): Required<SmsGateway> {
  const { name, app, wordingOf, region, transport, now = () => new Date() } = options
  const account = { secretId: options.TENCENT_SECRET_ID, secretKey: options.TENCENT_SECRET_KEY }
  const url = `${withoutSlash(options.base_url)}/`

  function call(action: string, params: object, signal: AbortSignal): Promise<PostResult> {
    const body = JSON.stringify(params)
    const timestamp = Math.floor(now().getTime() / 1000)
    const signed = {
      'content-type': 'application/json; charset=utf-8',
      // The host is set here and not by the transport, so that the signed host is the sent host.
      host: new URL(url).host,
      'x-tc-action': action,
    }
    const headers = {
      ...signed,
      'X-TC-Version': '2021-01-11',
      'X-TC-Timestamp': String(timestamp),
      'X-TC-Region': region,
      Authorization: signTc3(account, { service: 'sms', timestamp, headers: signed, payload: body }),
    }
    return transport.post(url, { headers, body, signal })
  }

  async function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    const { template: TemplateId, sign_name: SignName, sender: SenderId } = wordingOf(message)
    const params = {
      PhoneNumberSet: [message.mobile],
      SmsSdkAppId: app,
      TemplateId,
      // JSON leaves out what is undefined. A foreign message has no sign name, and a sender where one was granted.
      ...(isMainland(message) ? { SignName } : { SenderId }),
      // The order is the order of the template's variables: the code, then the minutes. Tencent expects strings.
      TemplateParamSet: [message.code, String(message.minutes)],
      SessionContext: message.id,
    }
    return outcomeOf(await call('SendSms', params, signal), message, now())
  }

  async function lookUp(message: SmsMessage, since: Date, signal: AbortSignal): Promise<Found> {
    const window = windowAround(since)
    const params = {
      PhoneNumber: message.mobile,
      SmsSdkAppId: app,
      // EndTime is left out, because Tencent refuses an EndTime that is ahead of Tencent's clock.
      BeginTime: window.first,
      Limit: 50,
      Offset: 0,
    }
    return foundInRecords(await call('DescribeSendRecordList', params, signal), window, message)
  }

  return { name, send, lookUp, recognises: () => false }
}

function outcomeOf(result: PostResult, message: SmsMessage, now: Date): Outcome {
  const byTransport = transportOutcome(result, now)
  if (result.kind !== 'answer') return byTransport
  const response = field(parseJson(result.body), 'Response')
  const numbers = field(response, 'SendStatusSet')
  const number: unknown = Array.isArray(numbers) ? numbers[0] : undefined
  const numberCode = field(number, 'Code')
  const callCode = field(field(response, 'Error'), 'Code')
  // An answer is about the call or about the number. An answer about both contradicts itself.
  if (callCode !== undefined && numberCode !== undefined) return byTransport
  const code = callCode ?? numberCode
  if (typeof code !== 'string') return byTransport
  const word = vendorWord(code, /^[A-Za-z]+(\.[A-Za-z]+)*$/, message) ?? UNKNOWN_CODE
  const meaning = { class: classOfTencentCode(code), code: word, isKnown: isKnownTencentCode(code) }
  const outcome = codeOutcome(result.status, byTransport, meaning)
  if (outcome.class !== 'accepted') return outcome
  if (callCode !== undefined) return { class: 'ambiguous', code: byTransport.code }
  return { ...outcome, ...serialNoOf(number, message) }
}

/** Messages that Tencent allows one number by default. The vendor's console can change both limits. */
export const tencentQuota = [
  { most: 1, seconds: 30 },
  { most: 10, seconds: 86_400 },
]

export const tencent = defineVendor({
  name: 'tencent',
  secrets,
  settings,
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
  create: createTencentGateway,
})
