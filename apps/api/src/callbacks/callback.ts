import type { IncomingHttpHeaders } from 'node:http'

/** What a gateway says became of one message, for good. */
export type Report = {
  /** Those it may be known by: the gateway's own, and ours where the gateway gives it back. */
  ids: string[]
  state: 'delivered' | 'undelivered'
  /** The gateway's own word for it. */
  code: string
}

/** A call as it stood on the wire: signatures are over these very characters. */
export type Received = {
  headers: IncomingHttpHeaders
  /** Without its question mark; empty where there is none. */
  query: string
  body: string
}

/**
 * How one gateway reports. Everything here is total: whatever was received, nothing throws, and what is
 * handed on has been looked at, since most gateways sign nothing.
 */
export type Callback = {
  contentType: 'json' | 'form'
  /** Only of gateways that sign. False: somebody else's, and not to be read. */
  verify?: (received: Received) => boolean
  /** Null where it cannot be read at all. A message still on its way has no report. */
  read: (received: Received) => Report[] | null
  /** What the gateway has to hear, or it calls again. */
  acknowledgement: { status: number; contentType: string; body: string }
}

export const jsonAcknowledgement = (body: object): Callback['acknowledgement'] => ({
  status: 200,
  contentType: 'application/json; charset=utf-8',
  body: JSON.stringify(body),
})

export const emptyAcknowledgement: Callback['acknowledgement'] = {
  status: 204,
  contentType: 'text/plain; charset=utf-8',
  body: '',
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * A report of what passes for an id and a code, null where no id does.
 *
 * @param codes the first that is fit to keep is taken
 */
export function report(
  state: Report['state'],
  ids: readonly unknown[],
  codes: readonly unknown[],
): Report | null {
  const kept = ids.filter(isSafe)
  if (kept.length === 0) return null
  return { ids: [...new Set(kept)], state, code: codes.find(isSafe) ?? 'UNKNOWN_CODE' }
}

/** Ids become names of keys and codes go into logs, so neither may be prose or anybody's number. */
function isSafe(value: unknown): value is string {
  if (typeof value !== 'string' || !/^[\w:^.-]{1,64}$/.test(value)) return false
  return !/^(00)?(86)?1[3-9]\d{9}$/.test(value)
}
