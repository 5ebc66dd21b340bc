// Twilio's call that sends a message. The text is free, and Twilio does not recognise repeats. The message's own id, which
// the outbox lists as `echo`, is the `echo` parameter of the StatusCallback URL or, without one, its whole query.
import { randomBytes } from 'node:crypto'
import { TWILIO } from '../accounts.ts'
import { handsetOf, INTERNATIONAL, takesLetters } from '../mobile.ts'
import { readFreeText } from '../text.ts'
import type { Verdict } from '../vendor.ts'
import { messageResource } from './message-resource.ts'
import { twilioRefusal } from './refusals.ts'

const MAX_BODY = 1600
const MAX_VALIDITY_SECONDS = 36_000

export function sendMessage(form: URLSearchParams, now: number): Verdict {
  const to = form.get('To') ?? ''
  const text = form.get('Body') ?? ''
  if (to === '') return twilioRefusal('21604')
  if (!INTERNATIONAL.test(to)) return twilioRefusal('21211')
  const sender = form.get('MessagingServiceSid') || form.get('From') || ''
  const wrongSender = refuseSender(sender, to)
  if (wrongSender !== null) return twilioRefusal(wrongSender)
  if (text === '') return twilioRefusal('21602')
  if (text.length > MAX_BODY) return twilioRefusal('21617')
  const callback = form.get('StatusCallback') ?? ''
  if (callback !== '' && !isHttp(callback)) return twilioRefusal('21609')
  const validity = Number(form.get('ValidityPeriod') ?? MAX_VALIDITY_SECONDS)
  if (!Number.isInteger(validity) || validity < 1 || validity > MAX_VALIDITY_SECONDS)
    return twilioRefusal('20001', "The 'ValidityPeriod' must be 1 to 36000 seconds.")

  const message = {
    id: `SM${randomBytes(16).toString('hex')}`,
    to: handsetOf(to),
    ...readFreeText(text),
    text,
    locale: null,
    template: null,
    sign_name: null,
    sender,
    at: now,
    echo: callback === '' ? null : echoOf(new URL(callback)),
  }
  return {
    status: 201,
    body: messageResource({ ...message, status: 'queued' }),
    accepted: { ...message, ...(callback === '' ? {} : { callback }) },
  }
}

function refuseSender(sender: string, to: string): string | null {
  if (sender === '') return '21603'
  if (TWILIO.senders.includes(sender)) return INTERNATIONAL.test(sender) || takesLetters(to) ? null : '21612'
  if (sender === TWILIO.messagingService) return null
  return INTERNATIONAL.test(sender) || sender.startsWith('MG') ? '21606' : '21212'
}

function echoOf({ search, searchParams }: URL): string | null {
  return searchParams.get('echo') ?? (search.slice(1) || null)
}

function isHttp(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
}
