// Owns Aliyun's SendSms call. Aliyun treats a repeat as a new message. The message's id is sent as OutId, which
// Aliyun only echoes, so that after an ambiguous send the message can be looked up by it.
import { randomUUID } from 'node:crypto'
import { classOfAliyunCode, isKnownAliyunCode } from './codes.ts'
import { bizIdOf, daysToAsk, foundByOutId } from './look-up.ts'
import { rpcRequest } from './request.ts'
import { recognisesNothing } from '../gateway.ts'
import type { DoubtHandling, Found, Outcome, SmsGateway, SmsMessage } from '../gateway.ts'
import { field, parseJson } from '../json.ts'
import { transportOutcome } from '../transport-outcome.ts'
import type { PostResult, Transport } from '../transport.ts'
import { vendorWord } from '../vendor-word.ts'

export type AliyunOptions = {
  /** Scheme, host, port and an optional path prefix. */
  baseUrl: string
  accessKeyId: string
  accessKeySecret: string
  signName: string
  /** The template's code for a message's scene. */
  templateOf: (scene: string) => string
  transport: Pick<Transport, 'post'>
  now?: () => Date
  nonce?: () => string
}

export function createAliyunGateway(options: AliyunOptions): SmsGateway & Required<DoubtHandling> {
  const { signName, templateOf, transport, now = () => new Date(), nonce = randomUUID } = options
  // Parsed here so that an invalid address fails at startup and not with the first message.
  const base = new URL(options.baseUrl).href.replace(/\/+$/, '')

  function call(action: string, params: Record<string, string>, signal: AbortSignal): Promise<PostResult> {
    const { url, headers, body } = rpcRequest(base, options, { action, params, at: now(), nonce: nonce() })
    return transport.post(url, { headers, body, signal })
  }

  async function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    const params = {
      PhoneNumbers: message.mobile,
      SignName: signName,
      TemplateCode: templateOf(message.scene),
      // Aliyun allows verification templates one variable only.
      TemplateParam: JSON.stringify({ code: message.code }),
      OutId: message.id,
    }
    return outcomeOf(await call('SendSms', params, signal), message, now())
  }

  async function lookUp(message: SmsMessage, since: Date, signal: AbortSignal): Promise<Found> {
    for (const SendDate of daysToAsk(since)) {
      // One page holds a whole day, because Aliyun allows one number 40 messages a day.
      const params = { PhoneNumber: message.mobile, SendDate, PageSize: '50', CurrentPage: '1' }
      const found = foundByOutId(await call('QuerySendDetails', params, signal), message)
      if (found.found !== 'unknown') return found
    }
    return { found: 'unknown' }
  }

  return { name: 'aliyun', send, lookUp, recognises: recognisesNothing }
}

function outcomeOf(result: PostResult, message: SmsMessage, now: Date): Outcome {
  const byTransport = transportOutcome(result, now)
  if (result.kind !== 'answer') return byTransport
  const answer = parseJson(result.body)
  const code = field(answer, 'Code')
  if (typeof code !== 'string') return byTransport
  const cls = classOfAliyunCode(code)
  const word = vendorWord(code, /^[A-Za-z][A-Za-z._]{1,63}$/, message)
  if (result.status < 200 || result.status > 299) {
    // The SMS service refuses with HTTP 200; the API gateway in front of it uses error statuses. With such a status,
    // a known code decides, an acceptance is a contradiction, and an unknown code leaves the decision to the status.
    // An `isp.` code comes from the service itself, so it decides with every status.
    if (cls === 'accepted') return { class: 'ambiguous', code: byTransport.code }
    const codeDecides = isKnownAliyunCode(code) || code.startsWith('isp.')
    if (!codeDecides) return { ...byTransport, code: word ?? byTransport.code }
  }
  if (cls === 'retry_same') {
    return { ...byTransport, class: cls, code: word ?? 'UNKNOWN_CODE', ...waitOf(result) }
  }
  if (cls !== 'accepted') return { class: cls, code: word ?? 'UNKNOWN_CODE' }
  return { class: cls, code, ...bizIdOf(answer, message) }
}

/** The milliseconds of Aliyun's own header. */
function waitOf({ headers }: { headers: NodeJS.Dict<string | string[]> }) {
  const wait = headers['x-acs-retry-after']
  return typeof wait === 'string' && /^\d{1,9}$/.test(wait) ? { retryAfterMs: Number(wait) } : {}
}
