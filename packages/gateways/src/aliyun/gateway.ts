// Owns Aliyun's SendSms call. Aliyun takes a repeat for a new message: the message's id goes out as OutId, which
// is only echoed, so that after a doubt the message can be looked up by it and is not sent again blindly.
import { randomUUID } from 'node:crypto'
import { classOfAliyunCode, isKnownAliyunCode } from './codes.ts'
import { bizIdOf, daysToAsk, foundByOutId } from './look-up.ts'
import { acs3Request, rpcRequest } from './request.ts'
import type { Found, LookUp, Outcome, SmsGateway, SmsMessage } from '../gateway.ts'
import { field, parseJson } from '../json.ts'
import { transportOutcome } from '../transport-outcome.ts'
import type { PostResult, Transport } from '../transport.ts'
import { vendorWord } from '../vendor-word.ts'

export type AliyunOptions = {
  name?: string
  /** Scheme, host and port; a path in it is kept as a prefix. */
  baseUrl: string
  accessKeyId: string
  accessKeySecret: string
  signName: string
  /** The template's code, by the scene of a message. */
  templateOf: (scene: string) => string
  /** The name of the template's one variable, the code: Aliyun allows verification texts no second one. */
  variable?: string
  /** `v3` puts the number and the code into the URL, where proxies log them; `rpc` keeps them in the body. */
  signature?: 'rpc' | 'v3'
  transport: Pick<Transport, 'post'>
  now?: () => Date
  nonce?: () => string
}

export function createAliyunGateway(options: AliyunOptions): SmsGateway & { lookUp: LookUp } {
  const { name = 'aliyun', signName, templateOf, variable = 'code', transport } = options
  const { now = () => new Date(), nonce = randomUUID } = options
  const toRequest = options.signature === 'v3' ? acs3Request : rpcRequest
  // Parsed here so that a bad address stops the process at its start and not the first message.
  const base = new URL(options.baseUrl).href.replace(/\/+$/, '')

  function call(action: string, params: Record<string, string>, signal: AbortSignal): Promise<PostResult> {
    const { url, headers, body } = toRequest(base, options, { action, params, at: now(), nonce: nonce() })
    return transport.post(url, { headers, body, signal })
  }

  async function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    const params = {
      PhoneNumbers: message.mobile,
      SignName: signName,
      TemplateCode: templateOf(message.scene),
      TemplateParam: JSON.stringify({ [variable]: message.code }),
      OutId: message.id,
    }
    return outcomeOf(await call('SendSms', params, signal), message, now())
  }

  async function lookUp(message: SmsMessage, since: Date, signal: AbortSignal): Promise<Found> {
    for (const SendDate of daysToAsk(since)) {
      // One page holds a whole day: Aliyun lets a number have 40 messages in one.
      const params = { PhoneNumber: message.mobile, SendDate, PageSize: '50', CurrentPage: '1' }
      const found = foundByOutId(await call('QuerySendDetails', params, signal), message)
      if (found.found !== 'unknown') return found
    }
    return { found: 'unknown' }
  }

  return { name, send, lookUp }
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
    // The SMS service refuses with HTTP 200, what stands before it with a status of its own. Under such a status
    // a code we know speaks, an acceptance contradicts it, and what we do not know leaves it to the status. Only
    // `isp.` is the service itself, in trouble, whatever the status.
    if (cls === 'accepted') return { class: 'ambiguous', code: byTransport.code }
    const ruled = isKnownAliyunCode(code) || code.startsWith('isp.')
    if (!ruled) return { ...byTransport, code: word ?? byTransport.code }
  }
  if (cls === 'retry_same') {
    return { ...byTransport, class: cls, code: word ?? 'UNKNOWN_CODE', ...waitOf(result) }
  }
  if (cls !== 'accepted') return { class: cls, code: word ?? 'UNKNOWN_CODE' }
  return { class: cls, code, ...bizIdOf(answer, message) }
}

/** Aliyun's own header, in milliseconds. */
function waitOf({ headers }: { headers: NodeJS.Dict<string | string[]> }) {
  const wait = headers['x-acs-retry-after']
  return typeof wait === 'string' && /^\d{1,9}$/.test(wait) ? { retryAfterMs: Number(wait) } : {}
}
