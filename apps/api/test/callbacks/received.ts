import type { Received } from '../../src/callbacks/callback.ts'

/** A call with this body; JSON unless it is a text already. */
export function received(body: unknown, more: Partial<Received> = {}): Received {
  return { headers: {}, query: '', body: typeof body === 'string' ? body : JSON.stringify(body), ...more }
}
