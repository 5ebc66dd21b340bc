// Makes the TemplateSMS call of CCP (Yuntongxun, 容联云通讯). The message's id is sent as reqId, which CCP accepts once
// per account and calendar day of China. Within that day a repeat is not delivered a second time.
import { createHash } from 'node:crypto'
import { ccpCodes } from './codes.ts'
import { chinaClock, chinaDay } from '../china-clock.ts'
import { meaningOf } from '../code-table.ts'
import type { Outcome, SmsGateway, SmsMessage } from '../gateway.ts'
import { field, parseJson } from '../json.ts'
import { nationalOf } from '../number.ts'
import { codeOutcome, transportOutcome } from '../transport-outcome.ts'
import { withoutSlash, type ApiOptions, type PostResult } from '../transport.ts'
import { messageIdIn } from '../vendor-word.ts'

type CcpOptions = ApiOptions & {
  account: string
  authToken: string
  app: string
}

export function createCcpGateway(options: CcpOptions): SmsGateway {
  const { name, account, authToken, app, wordingOf, transport, now = () => new Date() } = options
  const base = withoutSlash(options.baseUrl)

  async function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    const { sig, authorization: Authorization } = signCcp(account, authToken, now())
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
