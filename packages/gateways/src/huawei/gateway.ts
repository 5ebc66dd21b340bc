// Makes Huawei Cloud's batchSendSms call for one number. Huawei treats a repeat as a new message. The message's id is
// sent as `extend`, which Huawei only returns in its delivery receipts.
import { meaningOf } from '../code-table.ts'
import type { Outcome, SmsGateway, SmsMessage } from '../gateway.ts'
import { field, parseJson } from '../json.ts'
import { codeOutcome, transportOutcome } from '../transport-outcome.ts'
import { withoutSlash, type ApiOptions, type PostResult } from '../transport.ts'
import { messageIdIn } from '../vendor-word.ts'
import { huaweiCodes } from './codes.ts'
import { signSdk } from './signature.ts'

export type HuaweiOptions = ApiOptions & {
  appKey: string
  appSecret: string
  /** The number of a channel, which sends to the mainland or to other countries. A message may name another one. */
  channel: string
  /** The public address for delivery receipts. Without it, Huawei uses the address in the settings of the application. */
  statusCallback?: string | undefined
}

export function createHuaweiGateway(options: HuaweiOptions): SmsGateway {
  const { name, channel, wordingOf, statusCallback, transport, now = () => new Date() } = options
  const url = new URL(`${withoutSlash(options.baseUrl)}/sms/batchSendSms/v1`)

  async function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    const { template = '', sign_name, sender = channel } = wordingOf(message)
    const body = new URLSearchParams({
      from: sender,
      to: message.mobile,
      templateId: template,
      // Huawei allows verification templates one variable only.
      templateParas: JSON.stringify([message.code]),
      ...(sign_name !== undefined && { signature: sign_name }),
      ...(statusCallback !== undefined && { statusCallback }),
      extend: message.id,
    }).toString()
    const signed = {
      'content-type': 'application/x-www-form-urlencoded',
      host: url.host,
      'x-sdk-date': compactTime(now()),
    }
    const Authorization = signSdk(options, { path: url.pathname, headers: signed, body })
    const headers = { ...signed, Authorization }
    return outcomeOf(await transport.post(url.href, { headers, body, signal }), message, now())
  }

  return { name, send, recognises: () => false }
}

const compactTime = (at: Date) => at.toISOString().replace(/[-:]|\.\d+/g, '')

function outcomeOf(result: PostResult, message: SmsMessage, now: Date): Outcome {
  const byTransport = transportOutcome(result, now)
  if (result.kind !== 'answer') return byTransport
  const answer = parseJson(result.body)
  const rows = field(answer, 'result')
  const number: unknown = Array.isArray(rows) ? rows[0] : undefined
  const [callCode, numberCode] = [field(answer, 'code'), field(number, 'status')]
  // E000510 refers to the code of the number. An answer that accepts the call and refuses the number, or accepts the
  // number and refuses the call, contradicts itself.
  const code = callCode === 'E000510' ? numberCode : callCode
  const isAccepted = callCode === '000000'
  if (typeof code !== 'string' || isAccepted !== (numberCode === '000000')) return byTransport
  const outcome = codeOutcome(result.status, byTransport, meaningOf(huaweiCodes, code, /^E\d{6}$/, message))
  if (outcome.class !== 'accepted') return outcome
  return { ...outcome, ...messageIdIn(number, 'smsMsgId', /^[0-9A-Za-z_-]{8,64}$/, message) }
}
