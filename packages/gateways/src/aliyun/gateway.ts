// Makes the calls of Aliyun's SMS service (Dysmsapi 2017-05-25). Aliyun treats a repeat as a new message. The
// message's id is sent as OutId and stored in Aliyun's records. After an ambiguous send, the records are searched.
import { Type } from '@sinclair/typebox'
import { apiUrl, secret, signName, templateMinutes, text } from '../settings.ts'
import { defineVendor, type VendorOptions } from '../vendor.ts'
import { randomUUID } from 'node:crypto'
import { classOfAliyunCode, isKnownAliyunCode } from './codes.ts'
import { bizIdOf, daysToAsk, foundByOutId } from './look-up.ts'
import { canonicalQuery, signRpc } from './signature.ts'
import type { Found, Outcome, SmsGateway, SmsMessage } from '../gateway.ts'
import { field, parseJson } from '../json.ts'
import { digitsOf, isMainland, nationalOf } from '../number.ts'
import { codeOutcome, transportOutcome, UNKNOWN_CODE } from '../transport-outcome.ts'
import { withoutSlash, type PostResult } from '../transport.ts'
import { vendorWord } from '../vendor-word.ts'

const secrets = Type.Object({
  ALIYUN_ACCESS_KEY_ID: text(
    '^[0-9A-Za-z.]{8,128}$',
    'Aliyun access key id, such as LTAI5tExampleKeyId00000 or the STS.… of a temporary key',
  ),
  ALIYUN_ACCESS_KEY_SECRET: secret('Aliyun access key secret'),
  ALIYUN_SECURITY_TOKEN: Type.Optional(secret('token of a temporary Aliyun access key (STS)')),
})
const settings = Type.Object({ base_url: apiUrl('Aliyun SMS', 'https://dysmsapi.aliyuncs.com') })
export type AliyunOptions = VendorOptions<typeof secrets, typeof settings> & {
  nonce?: () => string
}

export function createAliyunGateway(options: AliyunOptions): Required<SmsGateway> {
  const { name, wordingOf, transport, now = () => new Date(), nonce = randomUUID } = options
  const { ALIYUN_ACCESS_KEY_ID, ALIYUN_ACCESS_KEY_SECRET, ALIYUN_SECURITY_TOKEN } = options
  const url = `${withoutSlash(options.base_url)}/`

  // All parameters are in the body, because proxies log addresses with their query.
  function call(action: string, params: Record<string, string>, signal: AbortSignal): Promise<PostResult> {
    const unsigned = {
      ...params,
      Action: action,
      Version: '2017-05-25',
      Format: 'JSON',
      RegionId: 'cn-hangzhou',
      AccessKeyId: ALIYUN_ACCESS_KEY_ID,
      ...(ALIYUN_SECURITY_TOKEN !== undefined && { SecurityToken: ALIYUN_SECURITY_TOKEN }),
      SignatureMethod: 'HMAC-SHA1',
      SignatureVersion: '1.0',
      // Aliyun accepts each nonce only once.
      SignatureNonce: nonce(),
      Timestamp: now().toISOString().replace(/\.\d+/, ''),
    }
    const { signature } = signRpc('POST', unsigned, ALIYUN_ACCESS_KEY_SECRET)
    const headers = { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' }
    const body = canonicalQuery({ ...unsigned, Signature: signature })
    return transport.post(url, { headers, body, signal })
  }

  async function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    const { sign_name: SignName = '', template: TemplateCode = '' } = wordingOf(message)
    const params = {
      PhoneNumbers: numberOf(message),
      SignName,
      TemplateCode,
      // Aliyun allows verification templates one variable only.
      TemplateParam: JSON.stringify({ code: message.code }),
      OutId: message.id,
    }
    return outcomeOf(await call('SendSms', params, signal), message, now())
  }

  async function lookUp(message: SmsMessage, since: Date, signal: AbortSignal): Promise<Found> {
    for (const SendDate of daysToAsk(since)) {
      // One page contains a whole day, because Aliyun allows one number 40 messages a day.
      const params = { PhoneNumber: numberOf(message), SendDate, PageSize: '50', CurrentPage: '1' }
      const found = foundByOutId(await call('QuerySendDetails', params, signal), message)
      if (found.found !== 'unknown') return found
    }
    return { found: 'unknown' }
  }

  return { name, send, lookUp, recognises: () => false }
}

/** A foreign number begins with its country calling code, without plus. */
const numberOf = (message: SmsMessage) =>
  isMainland(message) ? nationalOf(message.mobile) : digitsOf(message.mobile)

function outcomeOf(result: PostResult, message: SmsMessage, now: Date): Outcome {
  const byTransport = transportOutcome(result, now)
  if (result.kind !== 'answer') return byTransport
  const answer = parseJson(result.body)
  const code = field(answer, 'Code')
  if (typeof code !== 'string') return byTransport
  const word = vendorWord(code, /^[A-Za-z][A-Za-z._]{1,63}$/, message)
  // An error status with an unlisted code may come from Aliyun's API gateway; `isp.` codes come from the service.
  const isKnown = isKnownAliyunCode(code) || code.startsWith('isp.')
  const meaning = { class: classOfAliyunCode(code), code: word ?? UNKNOWN_CODE, isKnown }
  const outcome = codeOutcome(result.status, byTransport, meaning)
  // Aliyun sends the time to wait before a retry in a header of its own, in milliseconds.
  const wait = String(result.headers['x-acs-retry-after'])
  if (isKnown && outcome.class === 'retry_same' && /^\d{1,9}$/.test(wait))
    return { ...outcome, retryAfterMs: Number(wait) }
  return outcome.class === 'accepted' ? { ...outcome, ...bizIdOf(answer, message) } : outcome
}

/** Verification messages that Aliyun allows one number under one signature. */
export const aliyunQuota = [
  { most: 1, seconds: 60 },
  { most: 5, seconds: 3_600 },
  { most: 10, seconds: 86_400 },
]

export const aliyun = defineVendor({
  name: 'aliyun',
  secrets,
  settings,
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
  create: createAliyunGateway,
})
