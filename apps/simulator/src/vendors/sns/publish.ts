// Amazon SNS's action Publish to a phone number. The text is free, SNS stores no id of the sender, and it does not
// recognise repeats.
import { randomUUID } from 'node:crypto'
import { SNS } from '../accounts.ts'
import { handsetOf, INTERNATIONAL, takesLetters } from '../mobile.ts'
import { readFreeText } from '../text.ts'
import type { Verdict } from '../vendor.ts'
import { published, snsError } from './responses.ts'

const MAX_TEXT = 1600

export function publish(form: URLSearchParams, now: number): Verdict {
  const number = form.get('PhoneNumber') ?? ''
  const text = form.get('Message') ?? ''
  if (number === '') return invalid('PhoneNumber Reason: no value for required parameter')
  if (!INTERNATIONAL.test(number)) return invalid('PhoneNumber Reason: the number is not valid to publish to')
  if (text === '') return invalid('Empty message')
  if (text.length > MAX_TEXT) return invalid('Message too long')
  const attributes = attributesOf(form)
  if (attributes === null) return snsError('ParameterValueInvalid')
  const type = attributes.get('AWS.SNS.SMS.SMSType') ?? 'Promotional'
  if (type !== 'Transactional' && type !== 'Promotional') return snsError('ParameterValueInvalid')
  const sender = attributes.get('AWS.SNS.SMS.SenderID') ?? null
  if (sender !== null && sender !== SNS.sender) return snsError('ParameterValueInvalid')

  const id = randomUUID()
  return {
    ...published(id),
    accepted: {
      id,
      to: handsetOf(number),
      ...readFreeText(text),
      text,
      locale: null,
      template: null,
      sign_name: null,
      // In North America, SNS sends from a number of its own.
      sender: takesLetters(number) ? sender : null,
      at: now,
      echo: null,
    },
  }
}

function invalid(text: string) {
  return snsError('InvalidParameter', `Invalid parameter: ${text}`)
}

/** The attributes by name, or null when one of them has no value of the type String. */
function attributesOf(form: URLSearchParams): Map<string, string> | null {
  const attributes = new Map<string, string>()
  for (let position = 1; ; position += 1) {
    const prefix = `MessageAttributes.entry.${position}`
    const name = form.get(`${prefix}.Name`)
    if (name === null) return attributes
    const value = form.get(`${prefix}.Value.StringValue`)
    if (form.get(`${prefix}.Value.DataType`) !== 'String' || value === null) return null
    attributes.set(name, value)
  }
}
