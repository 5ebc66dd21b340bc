// Vonage's responses, always with HTTP status 200 and a status for the message.
import type { VendorAnswer } from '../vendor.ts'

const TEXTS: Record<string, string> = {
  '1': 'Throughput Rate Exceeded',
  '2': 'Missing parameter',
  '3': 'Invalid parameter',
  '4': 'Invalid Credentials',
  '15': 'Illegal Sender Address - rejected',
}

/** Clients read the status. Only a missing or invalid parameter has a text that names it. */
export function vonageRefusal(status: string, parameter = ''): VendorAnswer {
  return answer({ status, 'error-text': `${TEXTS[status] ?? 'Rejected'} ${parameter}`.trim() })
}

export function accepted(message: { to: string; id: string; echo: string | null }): VendorAnswer {
  return answer({
    to: message.to,
    'message-id': message.id,
    status: '0',
    'remaining-balance': '3.14159265',
    'message-price': '0.03330000',
    network: '00000',
    ...(message.echo === null ? {} : { 'client-ref': message.echo }),
  })
}

function answer(message: Record<string, string>): VendorAnswer {
  return { status: 200, body: { 'message-count': '1', messages: [message] } }
}
