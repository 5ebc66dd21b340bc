// Owns the CCP (Yuntongxun, 容联云通讯) TemplateSMS call. The message's id is sent as reqId, which CCP accepts once
// per account and calendar day of China. Within that day a repeat is not delivered a second time.
import { createHash } from 'node:crypto'
import { classOfCcpCode, isKnownCcpCode } from './codes.ts'
import { chinaClock, chinaDay } from '../china-clock.ts'
import type { DoubtHandling, Outcome, SmsGateway, SmsMessage } from '../gateway.ts'
import { field, parseJson } from '../json.ts'
import { transportOutcome } from '../transport-outcome.ts'
import type { PostResult, Transport } from '../transport.ts'

export type CcpOptions = {
  /** Scheme, host, port and an optional path prefix. */
  baseUrl: string
  accountSid: string
  authToken: string
  appId: string
  /** The template's id for a message's scene. */
  templateOf: (scene: string) => string
  transport: Pick<Transport, 'post'>
  now?: () => Date
}

export function createCcpGateway(options: CcpOptions): SmsGateway & DoubtHandling {
  const { accountSid, authToken, appId, templateOf, transport, now = () => new Date() } = options
  // Parsed here so that an invalid address fails at startup and not with the first message.
  const base = new URL(options.baseUrl).href.replace(/\/+$/, '')

  async function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    const { sig, authorization } = signCcp(accountSid, authToken, now())
    const url = `${base}/2013-12-26/Accounts/${encodeURIComponent(accountSid)}/SMS/TemplateSMS?sig=${sig}`
    const headers = {
      Accept: 'application/json',
      'Content-Type': 'application/json;charset=utf-8',
      Authorization: authorization,
    }
    const body = JSON.stringify({
      to: message.mobile,
      appId,
      templateId: templateOf(message.scene),
      // In the order of the template's variables: the code, then its minutes. CCP expects strings.
      datas: [message.code, String(message.minutes)],
      reqId: message.id,
    })
    return outcomeOf(await transport.post(url, { headers, body, signal }), message, now())
  }

  return { name: 'ccp', send, recognises: isSameDayInChina }
}

function isSameDayInChina(sinceMs: number, nowMs: number): boolean {
  return chinaDay(new Date(sinceMs)) === chinaDay(new Date(nowMs))
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
  const cls = classOfCcpCode(code)
  if (result.status < 200 || result.status > 299) {
    // CCP refuses with HTTP 200. With any other status a known code is still a refusal, an unknown code may come
    // from a proxy, and an acceptance contradicts the status.
    if (!isKnownCcpCode(code)) return byTransport
    if (cls === 'accepted') return { class: 'ambiguous', code: byTransport.code }
    return cls === 'retry_same' ? { ...byTransport, class: cls, code } : { class: cls, code }
  }
  if (cls !== 'accepted') return { class: cls, code: safeCode(code, message) }
  const sid = field(field(answer, 'templateSMS'), 'smsMessageSid')
  const messageId = typeof sid === 'string' && /^[0-9A-Za-z]{16,64}$/.test(sid) ? { messageId: sid } : {}
  return { class: 'accepted', code, ...messageId }
}

// An unlisted code is worth reporting if it has the form of a CCP code and is not the code of the message.
function safeCode(code: string, message: SmsMessage): string {
  if (isKnownCcpCode(code)) return code
  return /^\d{6}$/.test(code) && code !== message.code ? code : 'UNKNOWN_CODE'
}
