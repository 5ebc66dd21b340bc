// Makes the TemplateSMS call of CCP (Yuntongxun, 容联云通讯). The message's id is sent as reqId, which CCP accepts once
// per account and calendar day of China. Within that day a repeat is not delivered a second time.
import { Type } from '@sinclair/typebox'
import { apiUrl, secret, text } from '../settings.ts'
import { defineVendor, type VendorOptions } from '../vendor.ts'
import { createHash } from 'node:crypto'
import { ccpCodes } from './codes.ts'
import { chinaClock, chinaDay } from '../china-clock.ts'
import { meaningOf } from '../code-table.ts'
import type { Outcome, SmsGateway, SmsMessage } from '../gateway.ts'
import { field, parseJson } from '../json.ts'
import { nationalOf } from '../number.ts'
import { codeOutcome, transportOutcome } from '../transport-outcome.ts'
import { withoutSlash, type PostResult } from '../transport.ts'
import { messageIdIn } from '../vendor-word.ts'

const secrets = Type.Object({ CCP_AUTH_TOKEN: secret('CCP auth token') })
const settings = Type.Object({
  base_url: apiUrl('CCP (Yuntongxun)', 'https://app.cloopen.com:8883'),
  account: text('^[0-9A-Za-z]{8,64}$', 'CCP account sid, such as 8a48b5514e5298b9014e67a3f02f1411'),
  app: text('^[0-9A-Za-z]{8,64}$', 'CCP application id, such as 8a48b5514fa577af014fa5a9d1fe03d0'),
})
type CcpOptions = VendorOptions<typeof secrets, typeof settings>

export function createCcpGateway(options: CcpOptions): SmsGateway {
  const { name, account, app, wordingOf, transport, now = () => new Date() } = options
  const base = withoutSlash(options.base_url)

  async function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    const { sig, authorization: Authorization } = signCcp(account, options.CCP_AUTH_TOKEN, now())
    const url = `${base}/2013-12-26/Accounts/${encodeURIComponent(account)}/SMS/TemplateSMS?sig=${sig}`
    const contentType = 'application/json;charset=utf-8'
    const headers = { Accept: 'application/json', 'Content-Type': contentType, Authorization }
    const body = JSON.stringify({
      to: nationalOf(message.mobile),
      appId: app,
      templateId: wordingOf(message).template,
      // The order is the order of the template's variables: verification code, then the minutes. CCP expects strings.
      datas: [message.code, String(message.minutes)],
      reqId: message.id,
    })
    return outcomeOf(await transport.post(url, { headers, body, signal }), message, now())
  }

  const recognises = (sinceMs: number, nowMs: number) =>
    chinaDay(new Date(sinceMs)) === chinaDay(new Date(nowMs))
  return { name, send, recognises }
}

export function signCcp(accountSid: string, authToken: string, at: Date) {
  const timestamp = chinaClock(at)
  const sig = createHash('md5').update(`${accountSid}${authToken}${timestamp}`).digest('hex').toUpperCase()
  const authorization = Buffer.from(`${accountSid}:${timestamp}`).toString('base64')
  return { timestamp, sig, authorization }
}

function outcomeOf(result: PostResult, message: SmsMessage, now: Date): Outcome {
  const byTransport = transportOutcome(result, now)
  if (result.kind !== 'answer') return byTransport
  const answer = parseJson(result.body)
  const code = field(answer, 'statusCode')
  if (typeof code !== 'string') return byTransport
  const outcome = codeOutcome(result.status, byTransport, meaningOf(ccpCodes, code, /^\d{6}$/, message))
  if (outcome.class !== 'accepted') return outcome
  const sms = field(answer, 'templateSMS')
  return { ...outcome, ...messageIdIn(sms, 'smsMessageSid', /^[0-9A-Za-z]{16,64}$/, message) }
}

// CCP's limits for one template to one number. CCP counts per calendar day. A limit for any 24 hours is stricter.
export const ccpQuota = [
  { most: 1, seconds: 30 },
  { most: 5, seconds: 86_400 },
]

export const ccp = defineVendor({
  name: 'ccp',
  secrets,
  settings,
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
  create: createCcpGateway,
})
