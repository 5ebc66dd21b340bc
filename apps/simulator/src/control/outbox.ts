// What the vendors took for the handsets, newest last. Bounded: the oldest message goes when the box is full. Every
// message is kept under its number as well, so that a load test may ask for one number at a time.
import type { Sequence } from '../vendors/sequence.ts'

export type Message = {
  seq: number
  /** What the vendor calls the message. */
  id: string
  to: string
  code: string
  minutes: number
  text: string
  gateway: string
  /** Null where the text was free. */
  template: string | null
  at: number
  echo: string | null
  /** When it reaches the handset, or is given up. */
  landed: number
  /** The vendor took it and no handset shows it. */
  lost: boolean
}

export type Outbox = ReturnType<typeof createOutbox>

export function createOutbox(options: { capacity: number; sequence: Sequence }) {
  const all = new Map<number, Message>()
  const byNumber = new Map<string, Message[]>()
  const listeners = new Set<(message: Message) => void>()

  function forgetOldest() {
    const oldest = all.values().next().value
    if (oldest === undefined) return
    all.delete(oldest.seq)
    const ofNumber = byNumber.get(oldest.to)
    ofNumber?.shift()
    if (ofNumber?.length === 0) byNumber.delete(oldest.to)
  }

  return {
    record(message: Omit<Message, 'seq'>) {
      const recorded = { seq: options.sequence.next(), ...message }
      all.set(recorded.seq, recorded)
      const ofNumber = byNumber.get(recorded.to)
      if (ofNumber === undefined) byNumber.set(recorded.to, [recorded])
      else ofNumber.push(recorded)
      if (all.size > options.capacity) forgetOldest()
      for (const listener of listeners) listener(recorded)
    },

    list(to?: string): readonly Message[] {
      return to === undefined ? [...all.values()] : (byNumber.get(to) ?? [])
    },

    /** Calls the listener for every message recorded from now on; the answer ends that. */
    subscribe(listener: (message: Message) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    reset() {
      all.clear()
      byNumber.clear()
    },
  }
}
