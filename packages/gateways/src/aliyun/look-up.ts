// Owns finding a message among Aliyun's records of one number and one day, by the OutId we gave it.
import { chinaClock } from '../china-clock.ts'
import type { Found, SmsMessage } from '../gateway.ts'
import { field, parseJson } from '../json.ts'
import type { PostResult } from '../transport.ts'
import { vendorWord } from '../vendor-word.ts'

// Aliyun refuses a request whose clock is further than this from its own.
const CLOCKS_APART_MS = 15 * 60_000

/**
 * Days of China's calendar, the likeliest first. Aliyun dates a message by when it took it and by its own clock,
 * so close to midnight it may stand under the day before or after that of `since`.
 */
export function daysToAsk(since: Date): string[] {
  const days = [0, -CLOCKS_APART_MS, CLOCKS_APART_MS].map((apart) =>
    chinaClock(new Date(since.getTime() + apart)).slice(0, 8),
  )
  return [...new Set(days)]
}

/**
 * A record under our id is a message taken, and so its SendStatus is not asked: 1 waits for the carrier, 3 was
 * delivered, and 2 was taken and then, by the carrier's word, not delivered. That word can be wrong or early
 * and the handset show the message all the same, so it is no refusal after which another may be sent.
 */
export function foundByOutId(result: PostResult, message: SmsMessage): Found {
  if (result.kind !== 'answer' || result.status < 200 || result.status > 299) return { found: 'unknown' }
  const answer = parseJson(result.body)
  if (field(answer, 'Code') !== 'OK') return { found: 'unknown' }
  const records = field(field(answer, 'SmsSendDetailDTOs'), 'SmsSendDetailDTO')
  if (!Array.isArray(records)) return { found: 'unknown' }
  const ours: unknown = records.find((record) => field(record, 'OutId') === message.id)
  if (ours === undefined) return { found: 'unknown' }
  return { found: 'taken', ...bizIdOf(ours, message) }
}

/** The id Aliyun gave the message, if there is one: records of the look-up may come without. */
export function bizIdOf(answer: unknown, message: SmsMessage): { messageId?: string } {
  const messageId = vendorWord(field(answer, 'BizId'), /^[0-9A-Za-z^_-]{8,64}$/, message)
  return messageId === undefined ? {} : { messageId }
}
