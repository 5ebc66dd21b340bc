// Pushes one delivery receipt to the API. Resolves with the answer or with the name of the error; it never rejects.
import type { DeliveryReceiptPush } from '../vendors/vendor.ts'

const TIMEOUT_MS = 5000

type PushAnswer = { status: number; body: string } | { error: string }

export async function pushDeliveryReceipt(
  { url, headers, body }: DeliveryReceiptPush,
  signal: AbortSignal,
): Promise<PushAnswer> {
  // Node 20 garbage-collects the signal of AbortSignal.timeout() if only AbortSignal.any() refers to it, and the signal
  // then never fires.
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(new DOMException('no answer', 'TimeoutError')), TIMEOUT_MS)
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, deadline.signal]),
    })
    return { status: answer.status, body: await answer.text() }
  } catch (error) {
    return { error: nameOf(error) }
  } finally {
    clearTimeout(timer)
  }
}

// The message of an error is left out, because it may contain the URL with the callback token.
function nameOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return error instanceof Error ? error.name : 'Error'
}
