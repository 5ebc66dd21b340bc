// A message to send. The text is free, and nothing is recognised as a repeat. What the sender wants echoed stands in the
// query of the address it wants the receipt at: as its `echo`, or else the whole of it.
import { randomBytes } from 'node:crypto'
import { handsetOf } from '../mobile.ts'
import type { Verdict } from '../vendor.ts'
import { twilioRefusal } from './answers.ts'
import { readFreeText } from './free-text.ts'
import { messageResource } from './message-resource.ts'

const INTERNATIONAL = /^\+[1-9]\d{6,14}$/
const MAX_BODY = 1600
const MAX_VALIDITY_SECONDS = 36_000

export type TwilioAccount = { accountSid: string; from: string; messagingServiceSid: string }

export function sendMessage(form: URLSearchParams, account: TwilioAccount, now: number): Verdict {
  const to = form.get('To') ?? ''
  const text = form.get('Body') ?? ''
  if (to === '') return twilioRefusal('21604')
  if (!INTERNATIONAL.test(to)) return twilioRefusal('21211')
  const wrongSender = whatIsWrongWithSender(form, account)
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
    body: messageResource({ ...message, status: 'queued' }, account),
    taken: [{ ...message, ...(callback === '' ? {} : { callback }) }],
  }
}

function whatIsWrongWithSender(form: URLSearchParams, account: TwilioAccount): string | null {
  const service = form.get('MessagingServiceSid') ?? ''
  if (service !== '') return service === account.messagingServiceSid ? null : '21606'
  const from = form.get('From') ?? ''
  if (from === '') return '21603'
  if (from === account.from) return null
  return INTERNATIONAL.test(from) ? '21606' : '21212'
}

function echoOf({ search, searchParams }: URL): string | null {
  return searchParams.get('echo') ?? (search.slice(1) || null)
}

function isHttp(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
}
