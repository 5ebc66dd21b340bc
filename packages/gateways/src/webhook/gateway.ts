// Calls a webhook receiver with a signed JSON POST, for vendors without a gateway in this package. The message's id
// is the same for all retries, so a receiver that stores the ids of its messages can send each message once.
import { Type } from '@sinclair/typebox'
import { text } from '../settings.ts'
import { defineVendor, type VendorOptions } from '../vendor.ts'
import { receiverSecrets } from './receipt.ts'
import type { Outcome, OutcomeClass, SmsGateway, SmsMessage } from '../gateway.ts'
import { field, parseJson } from '../json.ts'
import { signWebhook } from './signature.ts'
import { isSuccess, transportOutcome } from '../transport-outcome.ts'
import type { PostResult } from '../transport.ts'
import { messageIdIn } from '../vendor-word.ts'

const secrets = Type.Object({ WEBHOOK_SECRETS: receiverSecrets })
const settings = Type.Object({
  base_url: text(
    '^https?://[^\\s]+$',
    'address of your own receiver of messages, such as https://sms.example.com/send, called as in Standard Webhooks',
  ),
  idempotent: Type.Boolean({
    default: false,
    description: 'whether the receiver sends a message once, even if its id is repeated',
  }),
})
export type WebhookOptions = VendorOptions<typeof secrets, typeof settings>

// The classes that a receiver may name in the body of a 400 or 422. Without a class, the outcome is `template`.
const refusals: readonly OutcomeClass[] = ['number', 'number_limit', 'template', 'config']

export function createWebhookGateway(options: WebhookOptions): SmsGateway {
  const { name, WEBHOOK_SECRETS: keys, idempotent, wordingOf, transport, now = () => new Date() } = options
  // The address is parsed here, so that an invalid address fails at the start and not with the first message.
  const url = new URL(options.base_url).href
  if (keys.length === 0) throw new Error('a webhook needs at least one secret')

  async function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    const { id, mobile, locale, code, minutes, secondsLeft } = message
    const at = now()
    const body = JSON.stringify({
      id,
      to: mobile,
      template: wordingOf(message).template ?? 'verification-code',
      locale,
      params: { code, minutes: String(minutes) },
      expires_at: new Date(at.getTime() + secondsLeft * 1000).toISOString(),
    })
    const headers = {
      'Content-Type': 'application/json',
      'Idempotency-Key': id,
      ...signWebhook(keys, id, at, body),
    }
    return outcomeOf(await transport.post(url, { headers, body, signal }), message, idempotent, now())
  }

  return { name, send, recognises: () => idempotent }
}

// A timeout or a 5xx of an idempotent receiver is `ambiguous` as well, because the receiver may have taken the
// message. `recognises` tells the worker that the message can be repeated at this receiver only.
function outcomeOf(result: PostResult, message: SmsMessage, idempotent: boolean, now: Date): Outcome {
  const byTransport = transportOutcome(result, now)
  if (result.kind !== 'answer') return byTransport
  const { code } = byTransport
  const answer = parseJson(result.body)
  // By the convention of webhooks a 2xx status is an acceptance. The body may add an id.
  if (isSuccess(result.status))
    return { class: 'accepted', code, ...messageIdIn(answer, 'id', /^[\w.:-]{1,64}$/, message) }
  if (result.status === 409) return { class: idempotent ? 'duplicate' : 'ambiguous', code }
  if (result.status !== 400 && result.status !== 422) return byTransport
  const cls = field(answer, 'class')
  return { class: refusals.find((refusal) => refusal === cls) ?? 'template', code }
}

export const webhook = defineVendor({
  name: 'webhook',
  isOwnReceiver: true,
  secrets,
  settings,
  words: Type.Object({
    template: Type.Optional(
      text('^[^\\s]{1,64}$', 'template in the calls of the webhook; verification-code if not set'),
    ),
  }),
  create: createWebhookGateway,
})
