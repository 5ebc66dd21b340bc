// Twilio's JSON for one message, in the answer to a send and in lists.
import { TWILIO } from '../accounts.ts'
import { internationalOf } from '../mobile.ts'
import type { Message } from '../message.ts'

type ListedMessage = Pick<Message, 'id' | 'to' | 'text' | 'sender' | 'at'> & {
  status: 'queued' | 'sent' | 'delivered' | 'undelivered'
}

export function messageResource({ id, to, text, sender, at, status }: ListedMessage) {
  const date = new Date(at).toUTCString().replace('GMT', '+0000')
  return {
    sid: id,
    account_sid: TWILIO.account,
    status,
    to: internationalOf(to),
    from: sender === TWILIO.messagingService ? null : sender,
    messaging_service_sid: sender === TWILIO.messagingService ? sender : null,
    body: text,
    num_segments: '1',
    num_media: '0',
    direction: 'outbound-api',
    date_created: date,
    date_updated: date,
    date_sent: status === 'queued' ? null : date,
    price: null,
    price_unit: 'USD',
    error_code: status === 'undelivered' ? 30_003 : null,
    error_message: null,
    api_version: '2010-04-01',
    uri: `/2010-04-01/Accounts/${TWILIO.account}/Messages/${id}.json`,
  }
}
