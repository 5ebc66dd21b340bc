// Makes the call that sends a message through the Vonage SMS API. Vonage treats a repeat as a new message. The
// message's id is sent as `client-ref`, which Vonage only returns in its delivery receipts.
import { Type } from '@sinclair/typebox'
import { apiUrl, text } from '../settings.ts'
import { defineVendor, type VendorOptions } from '../vendor.ts'
import { classByCode, meaningOf } from '../code-table.ts'
import type { Outcome, SmsGateway, SmsMessage } from '../gateway.ts'
import { field, parseJson } from '../json.ts'
import { digitsOf } from '../number.ts'
import { codeOutcome, transportOutcome } from '../transport-outcome.ts'
import { withoutSlash, type PostResult } from '../transport.ts'
import { messageIdIn } from '../vendor-word.ts'

const secrets = Type.Object({
  // Vonage lets an account choose a secret of eight characters.
  VONAGE_API_SECRET: text('^\\S{8,64}$', 'secret: Vonage API secret, 8 characters or more'),
})
const settings = Type.Object({
  base_url: apiUrl('Vonage SMS', 'https://rest.nexmo.com'),
  account: text('^[0-9A-Za-z]{8}$', 'Vonage API key, such as abcd1234'),
})
export type VonageOptions = VendorOptions<typeof secrets, typeof settings>

const MIN_TTL_SECONDS = 20 // The minimum of Vonage's ttl.

export function createVonageGateway(options: VonageOptions): SmsGateway {
  const { name, account, wordingOf, receiptUrl, transport, now = () => new Date() } = options
  const url = `${withoutSlash(options.base_url)}/sms/json`
  const headers = {
    Accept: 'application/json',
    'Content-Type': 'application/json',
    Authorization: `Basic ${Buffer.from(`${account}:${options.VONAGE_API_SECRET}`).toString('base64')}`,
  }

  async function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    const body = JSON.stringify({
      from: wordingOf(message).sender,
      to: digitsOf(message.mobile),
      text: message.text,
      // With the type `text`, Vonage replaces every character that is not in the alphabet of GSM.
      type: /^[ -_a-z\n]*$/.test(message.text) ? 'text' : 'unicode',
      // Vonage drops the message once the code has expired.
      ttl: Math.max(MIN_TTL_SECONDS, Math.floor(message.secondsLeft)) * 1000,
      'client-ref': message.id,
      callback: receiptUrl,
    })
    return outcomeOf(await transport.post(url, { headers, body, signal }), message, now())
  }

  return { name, send, recognises: () => false }
}

// The outcome class of each status of the Vonage SMS API. Vonage accepts a message only with 0. An unlisted status is
// therefore a refusal, and the next gateway may send the message.
export const vonageCodes = classByCode({
  accepted: '0',
  retry_same: '1 10 34',
  ambiguous: '5',
  number: '7 22 33',
  template: '6 12',
  config: '2 3 4 8 9 11 14 15 23 29',
})

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

export const vonage = defineVendor({
  name: 'vonage',
  secrets,
  settings,
  words: Type.Object({
    sender: text(
      '^([0-9]{3,15}|[0-9A-Za-z ]{3,11})$',
      'sender of Vonage messages: a number without plus, or a name',
    ),
  }),
  create: createVonageGateway,
})
