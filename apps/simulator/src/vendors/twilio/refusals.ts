// Twilio's refusals: Twilio's own error code in a JSON object, with the HTTP status that belongs to it.
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

/** Clients read the code, so the text is always the same unless the caller gives one. */
export function twilioRefusal(code: string, text = 'The request was refused.'): VendorAnswer {
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
