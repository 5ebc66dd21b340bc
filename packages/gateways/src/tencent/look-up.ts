// Owns finding a message among Tencent's records of one number. They hold no id of ours, so a message is known
// by its time alone, and what cannot be told apart is never called refused.
import type { Found, SmsMessage } from '../gateway.ts'
import { field, parseJson } from '../json.ts'
import type { PostResult } from '../transport.ts'
import { vendorWord } from '../vendor-word.ts'

/** In seconds since 1970, both ends included. */
export type Window = { first: number; since: number; last: number }

// Room for a send that took its time and for two clocks that differ. Tencent itself lets a number have the same
// text once in 30 s, so that half a minute to either side rarely holds a message of another request.
const ROOM_SECONDS = 30

export function windowAround(at: Date): Window {
  const since = Math.floor(at.getTime() / 1000)
  return { first: since - ROOM_SECONDS, since, last: since + ROOM_SECONDS }
}

/**
 * Taken, when any record of the window was: should it be that of a neighbour, the handset has a message of
 * this very minute, and a second is not risked. Refused, only when a refusal is the one record there is and
 * does not date from before the send: an earlier one, or two, may be there while ours is still to be written.
 */
export function foundInRecords(result: PostResult, window: Window, message: SmsMessage): Found {
  if (result.kind !== 'answer' || result.status < 200 || result.status > 299) return { found: 'unknown' }
  const response = field(parseJson(result.body), 'Response')
  const listed: unknown = field(response, 'SendRecordSet')
  if (field(response, 'Error') !== undefined || !Array.isArray(listed)) return { found: 'unknown' }
  const records: unknown[] = listed.filter((record) => !isOutside(timeOf(record), window))
  const taken = records.filter((record) => takenStatuses.has(field(record, 'SendStatus')))
  const [only] = records
  // Of several, none can be said to be ours, so none lends its id.
  if (taken.length === 1 && records.length === 1) return { found: 'taken', ...serialNoOf(only, message) }
  if (taken.length > 0) return { found: 'taken' }
  const at = timeOf(only)
  const refused = field(only, 'SendStatus') === 1 && at !== undefined && at >= window.since
  return { found: refused && records.length === 1 ? 'refused' : 'unknown' }
}

/** The id Tencent gave the message; a refused one has none. */
export function serialNoOf(answer: unknown, message: SmsMessage): { messageId?: string } {
  const messageId = vendorWord(field(answer, 'SerialNo'), /^[0-9A-Za-z:_-]{8,64}$/, message)
  return messageId === undefined ? {} : { messageId }
}

// Delivered, on its way, and taken but not delivered: Tencent has had the message in all three.
const takenStatuses = new Set<unknown>([2, 3, 4])

function timeOf(record: unknown): number | undefined {
  const time = field(record, 'SendTime')
  return typeof time === 'number' ? time : undefined
}

// A record whose time cannot be read stays in: it may be ours.
function isOutside(time: number | undefined, { first, last }: Window): boolean {
  return time !== undefined && (time < first || time > last)
}
