// Searches for a message in Tencent's records of one number. The records contain no id of ours, so the time alone
// identifies a message.
import type { Found, SmsMessage } from '../gateway.ts'
import { field } from '../json.ts'
import { successBody } from '../transport-outcome.ts'
import type { PostResult } from '../transport.ts'
import { messageIdIn } from '../vendor-word.ts'

/** A window in Unix seconds, with `first` and `last` included. `since` is the start of the send. */
export type Window = { first: number; since: number; last: number }

// The margin allows for a slow send and for clock skew. Tencent allows one number the same text once in 30 s, so this
// window rarely contains a message of another request.
const MARGIN_SECONDS = 30

export function windowAround(at: Date): Window {
  const since = Math.floor(at.getTime() / 1000)
  return { first: since - MARGIN_SECONDS, since, last: since + MARGIN_SECONDS }
}

/**
 * `taken` if any record in the window was taken. Even if that record belongs to another request, the handset gets a
 * message within this minute, and a second message is not risked. `refused` only if a refusal is the single record
 * and is not older than the send. With an older record, or with several, our own record may not be written yet.
 */
export function foundInRecords(result: PostResult, window: Window, message: SmsMessage): Found {
  const response = field(successBody(result), 'Response')
  const allRecords: unknown = field(response, 'SendRecordSet')
  if (field(response, 'Error') !== undefined || !Array.isArray(allRecords)) return { found: 'unknown' }
  const records: unknown[] = allRecords.filter((record) => isInside(timeOf(record), window))
  const [only] = records
  // With several records it is unknown which one is ours, so no id is returned.
  if (records.some((record) => TAKEN.has(field(record, 'SendStatus'))))
    return { found: 'taken', ...(records.length === 1 && serialNoOf(only, message)) }
  const isRefused = field(only, 'SendStatus') === 1 && (timeOf(only) ?? 0) >= window.since
  return { found: isRefused && records.length === 1 ? 'refused' : 'unknown' }
}

export const serialNoOf = (answer: unknown, message: SmsMessage) =>
  messageIdIn(answer, 'SerialNo', /^[0-9A-Za-z:_-]{8,64}$/, message)

// Delivered, on its way, and taken but not delivered: Tencent took the message in all three states.
const TAKEN = new Set<unknown>([2, 3, 4])

function timeOf(record: unknown): number | undefined {
  const time = field(record, 'SendTime')
  return typeof time === 'number' ? time : undefined
}

// A record without a readable time counts as inside, because the record may be ours.
const isInside = (time: number | undefined, { first, last }: Window) =>
  time === undefined || (time >= first && time <= last)
