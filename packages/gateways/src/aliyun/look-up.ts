// Searches for a message in Aliyun's records of one number and one day, by the OutId of the send.
import { chinaDay } from '../china-clock.ts'
import type { Found, SmsMessage } from '../gateway.ts'
import { field } from '../json.ts'
import { successBody } from '../transport-outcome.ts'
import type { PostResult } from '../transport.ts'
import { messageIdIn } from '../vendor-word.ts'

// Aliyun refuses a request whose time differs more than this from the clock of Aliyun.
const MAX_CLOCK_SKEW_MS = 15 * 60_000

/**
 * The days in China that may have the record, the most likely first. Aliyun's clock gives the date of a message, so
 * close to midnight the record may belong to the day before or after `since`.
 */
export function daysToAsk(since: Date): string[] {
  const skews = [0, -MAX_CLOCK_SKEW_MS, MAX_CLOCK_SKEW_MS]
  return [...new Set(skews.map((skewMs) => chinaDay(new Date(since.getTime() + skewMs))))]
}

/**
 * A record with our id proves that Aliyun took the message, whatever its SendStatus: 1 waiting for the carrier, 2
 * reported as not delivered, 3 delivered. Even status 2 does not permit another message, because the carrier's report
 * can be wrong or early and the handset can still receive this one.
 */
export function foundByOutId(result: PostResult, message: SmsMessage): Found {
  const answer = successBody(result)
  const records = field(field(answer, 'SmsSendDetailDTOs'), 'SmsSendDetailDTO')
  if (field(answer, 'Code') !== 'OK' || !Array.isArray(records)) return { found: 'unknown' }
  const ours: unknown = records.find((record) => field(record, 'OutId') === message.id)
  return ours === undefined ? { found: 'unknown' } : { found: 'taken', ...bizIdOf(ours, message) }
}

export const bizIdOf = (answer: unknown, message: SmsMessage) =>
  messageIdIn(answer, 'BizId', /^[0-9A-Za-z^_-]{8,64}$/, message)
