// Owns the CCP (Yuntongxun, 容联云通讯) TemplateSMS call. The message's id goes out as reqId, which CCP takes
// once per account and calendar day, so that within a day a repeat of one message reaches the handset once.
import { createHash } from 'node:crypto'
import { classOfCcpCode, isKnownCcpCode } from './codes.ts'
import { chinaClock } from '../china-clock.ts'
import type { Outcome, SmsGateway, SmsMessage } from '../gateway.ts'
import { field, parseJson } from '../json.ts'
import { transportOutcome } from '../transport-outcome.ts'
import type { PostResult, Transport } from '../transport.ts'

export type CcpOptions = {
  name?: string
  /** Scheme, host and port; a path in it is kept as a prefix. */
  baseUrl: string
  accountSid: string
  authToken: string
  appId: string
  /** The template's id, by the scene of a message. */
  templateOf: (scene: string) => string
  transport: Pick<Transport, 'post'>
  now?: () => Date
}

export function createCcpGateway(options: CcpOptions): SmsGateway {
  const { name = 'ccp', accountSid, authToken, appId, templateOf, transport } = options
  const now = options.now ?? (() => new Date())
  // Parsed here so that a bad address stops the process at its start and not the first message.
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
      // The order of the template's own variables: the code, then the minutes it lives. CCP wants strings.
      datas: [message.code, String(message.minutes)],
      reqId: message.id,
    })
    return outcomeOf(await transport.post(url, { headers, body, signal }), message, now())
  }

  return { name, send }
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
    // CCP refuses with HTTP 200. Under any other status a code we know is still a refusal, but one we do not
    // know may be a proxy's, and an acceptance contradicts its own status.
    if (!isKnownCcpCode(code)) return byTransport
    if (cls === 'accepted') return { class: 'ambiguous', code: byTransport.code }
    return cls === 'retry_same' ? { ...byTransport, class: cls, code } : { class: cls, code }
  }
  if (cls !== 'accepted') return { class: cls, code: safeCode(code, message) }
  const sid = field(field(answer, 'templateSMS'), 'smsMessageSid')
  const messageId = typeof sid === 'string' && /^[0-9A-Za-z]{16,64}$/.test(sid) ? { messageId: sid } : {}
  return { class: 'accepted', code, ...messageId }
}

// A code outside the table is worth reporting, but only if it looks like one and is not the user's own code.
function safeCode(code: string, message: SmsMessage): string {
  if (isKnownCcpCode(code)) return code
  return /^\d{6}$/.test(code) && code !== message.code ? code : 'UNKNOWN_CODE'
}
