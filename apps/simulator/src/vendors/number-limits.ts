// A vendor's limits on the messages to one number, over rolling windows or calendar days of Shanghai.
import { shanghaiDay } from '../clock.ts'

type NumberLimit = {
  permits: number
  isInWindow: (at: number, now: number) => boolean
  refusal: string
  /** Counts only earlier messages with the same template or the same text. */
  same?: 'template' | 'text'
}

type Send = { to: string; template: string; text: string; at: number }

/** The order of the limits matters: the first full one gives the refusal. */
export function createNumberLimits(limits: readonly NumberLimit[], options: { enforced: boolean }) {
  const sends = new Map<string, Send[]>()

  function isFull({ permits, isInWindow, same }: NumberLimit, send: Send): boolean {
    const counted = (sends.get(send.to) ?? []).filter(
      (earlier) => isInWindow(earlier.at, send.at) && (same === undefined || earlier[same] === send[same]),
    )
    return counted.length >= permits
  }

  return {
    refusalOf: (send: Send): string | null => limits.find((limit) => isFull(limit, send))?.refusal ?? null,

    add(send: Send) {
      if (!options.enforced) return
      const counted = (sends.get(send.to) ?? []).filter((earlier) =>
        limits.some(({ isInWindow }) => isInWindow(earlier.at, send.at)),
      )
      sends.set(send.to, [...counted, send])
    },

    reset: () => sends.clear(),
  }
}

/** A message from the future counts for nothing, so a clock that was set back does not block a number. */
export const withinMs = (windowMs: number) => (at: number, now: number) => at <= now && now - at < windowMs

export const onSameDay = (at: number, now: number) => shanghaiDay(at) === shanghaiDay(now)
