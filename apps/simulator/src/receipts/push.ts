// One receipt on its way to the API. What comes back is an answer or the name of what went wrong, never an exception.
import type { Push } from '../vendors/vendor.ts'

const PATIENCE_MS = 5000

export type PushAnswer = { status: number; body: string } | { error: string }

export async function pushReceipt({ url, headers, body }: Push, signal: AbortSignal): Promise<PushAnswer> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    })
    return { status: answer.status, body: await answer.text() }
  } catch (error) {
    return { error: nameOf(error) }
  }
}

// The address holds the token of the callbacks, so the text of an error goes nowhere.
function nameOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return error instanceof Error ? error.name : 'Error'
}
