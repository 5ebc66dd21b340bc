// Owns Tencent Cloud's SendSms call (2021-01-11). Tencent takes a repeat for a new message: the message's id goes
// out as SessionContext, which is only echoed, so after a doubt the number's records are looked at.
import type { Found, LookUp, Outcome, SmsGateway, SmsMessage } from '../gateway.ts'
import { field, parseJson } from '../json.ts'
import { classOfTencentCode, isKnownTencentCode } from './codes.ts'
import { foundInRecords, serialNoOf, windowAround } from './look-up.ts'
import { signTc3 } from './signature.ts'
import { transportOutcome } from '../transport-outcome.ts'
import type { PostResult, Transport } from '../transport.ts'
import { vendorWord } from '../vendor-word.ts'

export type TencentOptions = {
  name?: string
  /** Scheme, host and port; a path in it is kept as a prefix. */
  baseUrl: string
  secretId: string
  secretKey: string
  sdkAppId: string
  signName: string
  /** The template's id, by the scene of a message. */
  templateOf: (scene: string) => string
  region?: string
  transport: Pick<Transport, 'post'>
  now?: () => Date
}

export function createTencentGateway(options: TencentOptions): SmsGateway & { lookUp: LookUp } {
  const { name = 'tencent', sdkAppId, signName, templateOf, region = 'ap-guangzhou', transport } = options
  const now = options.now ?? (() => new Date())
  // Parsed here so that a bad address stops the process at its start and not the first message.
  const base = new URL(options.baseUrl)
  const url = `${base.href.replace(/\/+$/, '')}/`

  function call(action: string, params: object, signal: AbortSignal): Promise<PostResult> {
    const body = JSON.stringify(params)
    const timestamp = Math.floor(now().getTime() / 1000)
    const signed = {
      'content-type': 'application/json; charset=utf-8',
      // Named here and not left to the transport, so that what is signed is what is sent.
      host: base.host,
      'x-tc-action': action,
    }
    const headers = {
      ...signed,
      'X-TC-Version': '2021-01-11',
      'X-TC-Timestamp': String(timestamp),
      'X-TC-Region': region,
      Authorization: signTc3(options, { service: 'sms', timestamp, headers: signed, payload: body }),
    }
    return transport.post(url, { headers, body, signal })
  }

  async function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    const params = {
      PhoneNumberSet: [`+86${message.mobile}`],
      SmsSdkAppId: sdkAppId,
      TemplateId: templateOf(message.scene),
      SignName: signName,
      // The order of the template's own variables: the code, then the minutes it lives. Tencent wants strings.
      TemplateParamSet: [message.code, String(message.minutes)],
      SessionContext: message.id,
    }
    return outcomeOf(await call('SendSms', params, signal), message, now())
  }

  async function lookUp(message: SmsMessage, since: Date, signal: AbortSignal): Promise<Found> {
    const window = windowAround(since)
    const params = {
      PhoneNumber: `+86${message.mobile}`,
      SmsSdkAppId: sdkAppId,
      // No EndTime: one that lies ahead of Tencent's clock would be refused.
      BeginTime: window.first,
      Limit: 50,
      Offset: 0,
    }
    return foundInRecords(await call('DescribeSendRecordList', params, signal), window, message)
  }

  return { name, send, lookUp }
}

function outcomeOf(result: PostResult, message: SmsMessage, now: Date): Outcome {
  const byTransport = transportOutcome(result, now)
  if (result.kind !== 'answer') return byTransport
  const response = field(parseJson(result.body), 'Response')
  const numbers = field(response, 'SendStatusSet')
  const number: unknown = Array.isArray(numbers) ? numbers[0] : undefined
  const ofNumber = field(number, 'Code')
  const ofCall = field(field(response, 'Error'), 'Code')
  // An answer is about the call or about the number. One about both contradicts itself.
  const code = ofCall === undefined ? ofNumber : ofNumber === undefined ? ofCall : undefined
  if (typeof code !== 'string') return byTransport
  const cls = classOfTencentCode(code)
  const good = result.status >= 200 && result.status <= 299
  if (cls === 'accepted') {
    if (!good || ofCall !== undefined) return { class: 'ambiguous', code: byTransport.code }
    return { class: cls, code, ...serialNoOf(number, message) }
  }
  // Tencent refuses with HTTP 200. Under any other status a code we know is still a refusal, but one we do not
  // know may be a proxy's and leaves it to the status.
  if (!good && !isKnownTencentCode(code)) return byTransport
  const word = vendorWord(code, /^[A-Za-z]+(\.[A-Za-z]+)*$/, message) ?? 'UNKNOWN_CODE'
  return cls === 'retry_same' ? { ...byTransport, class: cls, code: word } : { class: cls, code: word }
}
