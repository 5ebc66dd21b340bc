// The mails the sink took, newest last, one entry per recipient. Bounded: the oldest goes when the box is full.
import type { Sequence } from '../vendors/sequence.ts'

export type Mail = {
  seq: number
  to: string
  from: string
  subject: string
  text: string | null
  html: string | null
  code: string | null
  message_id: string | null
  headers: Record<string, string>
  at: number
}

export type Mailbox = ReturnType<typeof createMailbox>

export function createMailbox(options: { capacity: number; sequence: Sequence }) {
  let mails: Mail[] = []
  const listeners = new Set<(mail: Mail) => void>()

  return {
    record(mail: Omit<Mail, 'seq'>) {
      const recorded = { seq: options.sequence.next(), ...mail }
      mails.push(recorded)
      if (mails.length > options.capacity) mails.shift()
      for (const listener of listeners) listener(recorded)
    },

    list: (to?: string): readonly Mail[] =>
      to === undefined ? [...mails] : mails.filter((mail) => isSameAddress(mail.to, to)),

    /** Calls the listener for every mail recorded from now on; the answer ends that. */
    subscribe(listener: (mail: Mail) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    reset() {
      mails = []
    },
  }
}

/** Mail hosts do not care for case, and nearly none does before the @. */
export function isSameAddress(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
