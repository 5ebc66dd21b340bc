// Makes the call that sends a message through the Vonage SMS API. Vonage treats a repeat as a new message. The
// message's id is sent as `client-ref`, which Vonage only returns in its delivery receipts.
import { meaningOf } from '../code-table.ts'
import type { Outcome, SmsGateway, SmsMessage } from '../gateway.ts'
import { field, parseJson } from '../json.ts'
import { digitsOf } from '../number.ts'
import { codeOutcome, transportOutcome } from '../transport-outcome.ts'
import { withoutSlash, type ApiOptions, type PostResult } from '../transport.ts'
import { messageIdIn } from '../vendor-word.ts'
import { vonageCodes } from './codes.ts'

export type VonageOptions = ApiOptions & {
  apiKey: string
  apiSecret: string
  /** The public address for delivery receipts. Without it, Vonage uses the address in the settings of the account. */
  callback?: string | undefined
}

const MIN_TTL_SECONDS = 20 // The minimum of Vonage's ttl.

export function createVonageGateway(options: VonageOptions): SmsGateway {
  const { name, apiKey, apiSecret, wordingOf, callback, transport, now = () => new Date() } = options
  const url = `${withoutSlash(options.baseUrl)}/sms/json`
  const headers = {
    Accept: 'application/json',
    'Content-Type': 'application/json',
    Authorization: `Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString('base64')}`,
  }

  async function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    const { text, secondsLeft } = message
    const body = JSON.stringify({
      from: wordingOf(message).sender,
      to: digitsOf(message.mobile),
      text,
      // With the type `text`, Vonage replaces every character that is not in the alphabet of GSM.
      type: /^[ -_a-z\n]*$/.test(text) ? 'text' : 'unicode',
      // Vonage drops the message once the code has expired.
      ttl: Math.max(MIN_TTL_SECONDS, Math.floor(secondsLeft)) * 1000,
      'client-ref': message.id,
      callback,
    })
    return outcomeOf(await transport.post(url, { headers, body, signal }), message, now())
  }

  return { name, send, recognises: () => false }
}

function outcomeOf(result: PostResult, message: SmsMessage, now: Date): Outcome {
  const byTransport = transportOutcome(result, now)
  if (result.kind !== 'answer') return byTransport
  const parts = field(parseJson(result.body), 'messages')
  if (!Array.isArray(parts)) return byTransport
  // Vonage sends a long text in parts. If one part was taken, another gateway must not send the message.
  const part: unknown = parts.find((one) => field(one, 'status') === '0') ?? parts[0]
  const code = field(part, 'status')
  if (typeof code !== 'string') return byTransport
  const outcome = codeOutcome(result.status, byTransport, meaningOf(vonageCodes, code, /^\d{1,3}$/, message))
  if (outcome.class !== 'accepted') return outcome
  return { ...outcome, ...messageIdIn(part, 'message-id', /^[0-9A-Za-z-]{8,64}$/, message) }
}
