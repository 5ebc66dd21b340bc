// Defines what all parsers of delivery receipts share. No method of a parser throws, whatever the API received. Every
// id and code that a parser returns has been checked, because most vendors sign nothing.
import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { parseJson } from './json.ts'

type State = 'delivered' | 'undelivered'

/** The final state of one message, as its vendor reports it. */
export type DeliveryReceipt = {
  /** The vendor's id of the message, and our own id where the vendor returns it. */
  ids: string[]
  state: State
  code: string
}

export type ReceivedCall = {
  headers: IncomingHttpHeaders
  /** The query without its question mark, or an empty text. */
  query: string
  /** The body exactly as it was received, because a signature covers every character. */
  body: string
}

export type ReceiptParser = {
  /** Set only for vendors that sign their calls. A call that fails this check must not be read. */
  verify?: (call: ReceivedCall) => boolean
  /** Null if the body is unreadable. The list is empty for a message that is still on its way. */
  read: (call: ReceivedCall) => DeliveryReceipt[] | null
  /** The answer that the vendor expects. After any other answer the vendor may repeat the call. */
  acknowledgement: { status: number; contentType: string; body: string }
}

/** The public address of the API, and the secret in its callback paths. Without the secret, no receipt is read. */
export type CallbackAddress = { publicUrl: string | undefined; callbackToken: string | undefined }

/** The address for a vendor's delivery receipts. Undefined if the public address or the secret is not set. */
export const callbackUrl = (gateway: string, { publicUrl, callbackToken: token }: CallbackAddress) =>
  publicUrl === undefined || token === undefined ? undefined : `${publicUrl}/callbacks/${gateway}/${token}`

export const jsonAcknowledgement = (body: object) => ({
  status: 200,
  contentType: 'application/json; charset=utf-8',
  body: JSON.stringify(body),
})

export const emptyAcknowledgement = { status: 204, contentType: 'text/plain; charset=utf-8', body: '' }

/** One receipt, with the ids and the first vendor code that are safe to keep. Null if no id is safe. */
export function oneReceipt(state: State, ids: unknown[], codes: unknown[]): DeliveryReceipt[] | null {
  const safeIds = ids.filter(isIdentifier)
  if (safeIds.length === 0) return null
  // No vendor's code has seven digits in a row, but every phone number has.
  const code = codes.filter(isIdentifier).find((one) => !/\d{7}/.test(one))
  return [{ ids: [...new Set(safeIds)], state, code: code ?? 'UNKNOWN_CODE' }]
}

/** Reads a JSON array with one message per row. A row that `read` cannot read is left out. */
export function readRows({ body }: ReceivedCall, read: (row: unknown) => DeliveryReceipt[] | null) {
  const rows = parseJson(body)
  return Array.isArray(rows) ? rows.flatMap((row: unknown) => read(row) ?? []) : null
}

/** The fields of a JSON body or of a form. */
export const readFields = (body: string): unknown =>
  parseJson(body) ?? Object.fromEntries(new URLSearchParams(body))

export function isEqualInConstantTime(received: string, expected: string): boolean {
  const [receivedBytes, expectedBytes] = [Buffer.from(received), Buffer.from(expected)]
  return receivedBytes.length === expectedBytes.length && timingSafeEqual(receivedBytes, expectedBytes)
}

/** Vendor codes are logged, so prose and phone numbers are rejected. An id must not be a phone number. */
const isIdentifier = (value: unknown): value is string =>
  typeof value === 'string' && /^[\w:^.-]{1,64}$/.test(value) && !/^(00)?(86)?1[3-9]\d{9}$/.test(value)
