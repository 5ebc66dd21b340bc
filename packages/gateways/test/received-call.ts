import type { ReceivedCall } from '../src/delivery-receipt.ts'

/** A call with this body, as JSON unless it is text already. */
export function received(body: unknown, more: Partial<ReceivedCall> = {}): ReceivedCall {
  return { headers: {}, query: '', body: typeof body === 'string' ? body : JSON.stringify(body), ...more }
}
