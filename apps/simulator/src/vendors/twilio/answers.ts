// How Twilio says no: a number of its own in an envelope, and the HTTP status that goes with it.
import type { VendorAnswer } from '../vendor.ts'

const STATUSES: Record<string, number> = {
  '20003': 401,
  '20404': 404,
  '20429': 429,
  '20500': 500,
  '20503': 503,
  '60202': 429,
  '60203': 429,
  '60212': 429,
  '60238': 403,
  '60605': 403,
}

const TEXTS: Record<string, string> = {
  '20003': 'Authenticate',
  '20404': 'The requested resource was not found',
  '20429': 'Too Many Requests',
  '20500': 'An internal server error has occurred',
  '21211': "The 'To' number is not a valid phone number.",
  '21212': "The 'From' number is not a valid phone number.",
  '21602': "A 'Body' is required to send a message.",
  '21603': "A 'From' phone number is required.",
  '21604': "A 'To' phone number is required.",
  '21606': "The 'From' phone number is not yours or cannot send to this 'To'.",
  '21609': "The 'StatusCallback' URL is not a valid URL.",
  '21610': 'The recipient has opted out.',
  '21617': "The 'Body' exceeds the 1600 character limit.",
}

export function twilioRefusal(code: string, text = TEXTS[code] ?? 'The request was refused.'): VendorAnswer {
  const status = STATUSES[code] ?? 400
  return {
    status,
    body: {
      code: Number(code),
      message: text,
      more_info: `https://www.twilio.com/docs/errors/${code}`,
      status,
    },
  }
}
