// A Twilio client for the tests.
import type { RawRequest } from './request.ts'

export const TWILIO_SID = 'AC00000000000000000000000000000001'
export const TWILIO_TOKEN = '0123456789abcdef0123456789abcdef'

export const TWILIO_KEY = 'SK00000000000000000000000000000001'
export const TWILIO_KEY_SECRET = 'ExampleApiKeySecret0000000000000'

export type TwilioSend = {
  fields?: Record<string, string | undefined>
  sid?: string
  user?: string
  token?: string
  authorization?: string
  search?: string
}

export function twilioRequest(send: TwilioSend = {}): RawRequest {
  const fields: Record<string, string | undefined> = {
    To: '+8613800138000',
    From: '+15005550006',
    Body: '您的验证码是123456，请于5分钟内正确输入。',
    ...send.fields,
  }
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.set(name, value)
  return {
    path: messagesPath(send.sid),
    headers: { ...basic(send), 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  }
}

export function twilioList(search: string, caller: TwilioSend = {}): RawRequest {
  return { method: 'GET', path: `${messagesPath()}?${search}`, headers: basic(caller), body: '' }
}

function messagesPath(sid = TWILIO_SID): string {
  return `/2010-04-01/Accounts/${sid}/Messages.json`
}

function basic({
  authorization,
  user = TWILIO_SID,
  token = TWILIO_TOKEN,
}: TwilioSend): Record<string, string> {
  const credentials = Buffer.from(`${user}:${token}`).toString('base64')
  return { authorization: authorization ?? `Basic ${credentials}` }
}
