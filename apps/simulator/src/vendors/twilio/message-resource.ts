// Twilio's JSON for one message, in the answer to a send and in lists.
import type { Config } from '../../config.ts'
import { CHINESE_MOBILE } from '../mobile.ts'
import type { Message } from '../message.ts'

type ListedMessage = Pick<Message, 'id' | 'to' | 'text' | 'at'> & {
  status: 'queued' | 'sent' | 'delivered' | 'undelivered'
}

export function messageResource({ id, to, text, at, status }: ListedMessage, config: Config) {
  const date = new Date(at).toUTCString().replace('GMT', '+0000')
  return {
    sid: id,
    account_sid: config.TWILIO_ACCOUNT_SID,
    status,
    to: internationalOf(to),
    from: config.TWILIO_FROM,
    messaging_service_sid: null,
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
    uri: `/2010-04-01/Accounts/${config.TWILIO_ACCOUNT_SID}/Messages/${id}.json`,
  }
}

export function internationalOf(to: string): string {
  return CHINESE_MOBILE.test(to) ? `+86${to}` : to
}
