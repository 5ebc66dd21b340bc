// Twilio's call that sends a message. The text is free, and Twilio does not recognise repeats. The message's own id, which
// the outbox lists as `echo`, is the `echo` parameter of the StatusCallback URL or, without one, its whole query.
import { randomBytes } from 'node:crypto'
import type { Config } from '../../config.ts'
import { handsetOf } from '../mobile.ts'
import type { Verdict } from '../vendor.ts'
import { messageResource } from './message-resource.ts'
import { twilioRefusal } from './refusals.ts'

const INTERNATIONAL = /^\+[1-9]\d{6,14}$/
const MAX_BODY = 1600
const MAX_VALIDITY_SECONDS = 36_000

export function sendMessage(form: URLSearchParams, config: Config, now: number): Verdict {
  const to = form.get('To') ?? ''
  const text = form.get('Body') ?? ''
  if (to === '') return twilioRefusal('21604')
  if (!INTERNATIONAL.test(to)) return twilioRefusal('21211')
  const wrongSender = refuseSender(form, config)
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
    template: null,
    at: now,
    echo: callback === '' ? null : echoOf(new URL(callback)),
  }
  return {
    status: 201,
    body: messageResource({ ...message, status: 'queued' }, config),
    accepted: { ...message, ...(callback === '' ? {} : { callback }) },
  }
}

function refuseSender(form: URLSearchParams, config: Config): string | null {
  const service = form.get('MessagingServiceSid') ?? ''
  if (service !== '') return service === config.TWILIO_MESSAGING_SERVICE_SID ? null : '21606'
  const from = form.get('From') ?? ''
  if (from === '') return '21603'
  if (from === config.TWILIO_FROM) return null
  return INTERNATIONAL.test(from) ? '21606' : '21212'
}

function echoOf({ search, searchParams }: URL): string | null {
  return searchParams.get('echo') ?? (search.slice(1) || null)
}

function isHttp(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
}

/** Finds the first digits that can be a code, and the minutes if the text names any. */
function readFreeText(text: string): { code: string; minutes: number } {
  const code = /(?<!\d)\d{4,10}(?!\d)/.exec(text)?.[0] ?? ''
  const minutes = /(\d{1,4})\s*(?:分钟|min)/i.exec(text)?.[1]
  return { code, minutes: Number(minutes ?? 0) }
}
