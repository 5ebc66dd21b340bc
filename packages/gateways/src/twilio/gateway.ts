// Makes the call that creates a Twilio message. Twilio stores no id of ours and sends a repeat as a new message. Our
// id is in the address for delivery receipts, which then find their message even if the answer to the call was lost.
import { Type } from '@sinclair/typebox'
import { apiUrl, secret, text } from '../settings.ts'
import { defineVendor, type VendorOptions } from '../vendor.ts'
import { twilioAuthToken } from './receipt.ts'
import type { Outcome, SmsGateway, SmsMessage } from '../gateway.ts'
import { field, parseJson } from '../json.ts'
import { codeOutcome, isSuccess, transportOutcome, UNKNOWN_CODE } from '../transport-outcome.ts'
import { withoutSlash, type PostResult } from '../transport.ts'
import { classOfTwilioCode } from './codes.ts'
import { vendorWord } from '../vendor-word.ts'

const secrets = Type.Object({
  TWILIO_AUTH_TOKEN: Type.Optional(twilioAuthToken),
  TWILIO_API_KEY_SECRET: Type.Optional(secret('secret of the Twilio API key that the setting api_key names')),
})
const settings = Type.Object({
  base_url: apiUrl('Twilio', 'https://api.twilio.com'),
  account: text('^AC[0-9a-zA-Z]{32}$', 'Twilio account sid, such as AC00000000000000000000000000000000'),
  api_key: Type.Optional(
    text('^SK[0-9a-zA-Z]{32}$', 'Twilio API key for the calls, such as SK00000000000000000000000000000000'),
  ),
  app: Type.Optional(
    text('^MG[0-9a-zA-Z]{32}$', 'Twilio messaging service, such as MG00000000000000000000000000000000'),
  ),
})
export type TwilioOptions = VendorOptions<typeof secrets, typeof settings>

const MAX_VALIDITY_SECONDS = 36_000 // The maximum of Twilio's ValidityPeriod.

export function createTwilioGateway(options: TwilioOptions): SmsGateway {
  const { name, account, api_key, app, wordingOf, receiptUrl, transport, now = () => new Date() } = options
  const password = api_key === undefined ? options.TWILIO_AUTH_TOKEN : options.TWILIO_API_KEY_SECRET
  const base = withoutSlash(options.base_url)
  const callback = receiptUrl === undefined ? undefined : new URL(receiptUrl).href
  // Our id is appended as text, because Twilio signs the address as it was sent and encoding could change the text.
  const separator = callback?.includes('?') === true ? '&' : '?'
  const url = `${base}/2010-04-01/Accounts/${encodeURIComponent(account)}/Messages.json`
  const headers = {
    Accept: 'application/json',
    'Content-Type': 'application/x-www-form-urlencoded',
    Authorization: `Basic ${Buffer.from(`${api_key ?? account}:${password}`).toString('base64')}`,
  }

  async function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    const { sender } = wordingOf(message)
    const form = new URLSearchParams({
      To: message.mobile,
      ...(sender !== undefined && { From: sender }),
      ...(app !== undefined && { MessagingServiceSid: app }),
      Body: message.text,
      // Twilio drops the message once the code has expired.
      ValidityPeriod: String(Math.min(MAX_VALIDITY_SECONDS, Math.max(1, Math.floor(message.secondsLeft)))),
      ...(callback !== undefined && { StatusCallback: `${callback}${separator}echo=${message.id}` }),
    })
    const result = await transport.post(url, { headers, body: form.toString(), signal })
    return outcomeOf(result, message, now())
  }

  return { name, send, recognises: () => false }
}

function outcomeOf(result: PostResult, message: SmsMessage, now: Date): Outcome {
  const byTransport = transportOutcome(result, now)
  if (result.kind !== 'answer') return byTransport
  const answer = parseJson(result.body)
  if (isSuccess(result.status)) return created(answer, byTransport)
  const code = codeOf(field(answer, 'code'))
  if (code === '' || result.status < 400) return byTransport
  const cls = classOfTwilioCode(code)
  // With 408 and 5xx the body cannot prove a refusal.
  if (byTransport.class === 'ambiguous') return cls === undefined ? byTransport : { ...byTransport, code }
  if (cls !== undefined) return codeOutcome(result.status, byTransport, { class: cls, code, isKnown: true })
  // An unlisted refusal need not be a fault of the account, so another gateway may send the message.
  const unlisted = byTransport.class === 'config' ? 'switch_now' : byTransport.class
  return { ...byTransport, class: unlisted, code: vendorWord(code, /^\d{5}$/, message) ?? UNKNOWN_CODE }
}

// A created message has an id. A created message that has already failed also has an error code.
function created(answer: unknown, byTransport: Outcome): Outcome {
  const sid = field(answer, 'sid')
  if (typeof sid !== 'string' || !/^(SM|MM)[0-9a-f]{32}$/.test(sid)) return byTransport
  const status = field(answer, 'status')
  if (status !== 'failed' && status !== 'undelivered' && status !== 'canceled')
    return { class: 'accepted', code: byTransport.code, messageId: sid }
  const code = codeOf(field(answer, 'error_code'))
  const cls = classOfTwilioCode(code)
  return cls === undefined ? byTransport : { class: cls, code }
}

// Twilio's codes are JSON numbers. An answer without a code may come from a proxy, so only its HTTP status counts.
const codeOf = (value: unknown) => (typeof value === 'number' ? String(value) : '')

export const twilio = defineVendor({
  name: 'twilio',
  secrets,
  settings,
  words: Type.Object({
    sender: Type.Optional(
      text('^\\+?[0-9A-Za-z ]{3,16}$', 'sender of Twilio messages, such as +15005550006'),
    ),
  }),
  // A messaging service chooses the sender.
  needs: (_country, { app }) => (app === undefined ? ['sender'] : []),
  faults: ({ name, secrets: given, settings: { api_key }, context }) => {
    const variable = api_key === undefined ? 'TWILIO_AUTH_TOKEN' : 'TWILIO_API_KEY_SECRET'
    return [
      given[variable] === undefined && `${variable}: is missing (the gateway ${name} needs it)`,
      context.callbackToken !== undefined &&
        context.publicUrl === undefined &&
        'PUBLIC_URL: is missing (every Twilio message carries the address for its delivery receipt)',
    ]
  },
  create: createTwilioGateway,
})
