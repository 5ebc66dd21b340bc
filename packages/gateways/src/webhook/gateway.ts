// Owns the call of a receiver of your own, for vendors that have no gateway here: a signed JSON POST. The
// message's id stays the same over retries, so a receiver that keeps the ids it had sends one message once.
import type { Outcome, OutcomeClass, SmsGateway, SmsMessage } from '../gateway.ts'
import { field, parseJson } from '../json.ts'
import { readSecret, signWebhook } from './signature.ts'
import { transportOutcome } from '../transport-outcome.ts'
import type { PostResult, Transport } from '../transport.ts'
import { vendorWord } from '../vendor-word.ts'

export type WebhookOptions = {
  name?: string
  url: string
  /** `whsec_…`; two of them while one replaces the other. */
  secrets: readonly string[]
  /** The receiver keeps the ids it had: its 409 says that this one was taken before. */
  idempotent: boolean
  templateOf: (scene: string) => string
  transport: Pick<Transport, 'post'>
  now?: () => Date
}

// What a receiver may call its refusal, where the bare status would be taken for one of the template.
const refusals: readonly OutcomeClass[] = ['number', 'number_limit', 'template', 'config']

export function createWebhookGateway(options: WebhookOptions): SmsGateway {
  const { name = 'webhook', idempotent, templateOf, transport } = options
  const now = options.now ?? (() => new Date())
  // Parsed here so that a bad address or secret stops the process at its start and not the first message.
  const url = new URL(options.url).href
  const keys = options.secrets.map(readSecret)
  if (keys.length === 0) throw new Error('a webhook needs at least one secret')

  async function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    const { id, mobile, code, minutes, secondsLeft, scene } = message
    const at = now()
    const body = JSON.stringify({
      id,
      to: `+86${mobile}`,
      template: templateOf(scene),
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

  return { name, send }
}

// A time-out or a 5xx is `ambiguous` from an idempotent receiver too: nobody can say that the message was not
// taken. That a repeat is safe there is for the caller to know, who then repeats it there and nowhere else.
function outcomeOf(result: PostResult, message: SmsMessage, idempotent: boolean, now: Date): Outcome {
  const byTransport = transportOutcome(result, now)
  if (result.kind !== 'answer') return byTransport
  const { status } = result
  const { code } = byTransport
  // By the convention of webhooks the status alone says so; the body may add an id.
  if (status >= 200 && status <= 299) return { class: 'accepted', code, ...messageIdOf(result.body, message) }
  if (status === 409) return { class: idempotent ? 'duplicate' : 'ambiguous', code }
  if (status !== 400 && status !== 422) return byTransport
  const cls = field(parseJson(result.body), 'class')
  return { class: refusals.find((refusal) => refusal === cls) ?? 'template', code }
}

function messageIdOf(body: string, message: SmsMessage): Pick<Outcome, 'messageId'> {
  const messageId = vendorWord(field(parseJson(body), 'id'), /^[\w.:-]{1,64}$/, message)
  return messageId === undefined ? {} : { messageId }
}
