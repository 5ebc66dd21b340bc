// Keeps what arrived, messages or mails, oldest first. A full list drops its oldest entry.

export type Sequence = ReturnType<typeof createSequence>

/** Numbers messages and mails together, so one "last seen" number covers both. A reset does not restart it. */
export function createSequence() {
  let newest = 0
  return {
    next: () => ++newest,
    newest: () => newest,
  }
}

export type Arrived<Item> = Item & { seq: number }

export type Arrivals<Item extends { to: string }> = ReturnType<typeof createArrivals<Item>>

/** `to` is compared without regard to case, as mail hosts do. */
export function createArrivals<Item extends { to: string }>(options: {
  capacity: number
  sequence: Sequence
}) {
  const all = new Map<number, Arrived<Item>>()
  // A load test asks for one recipient at a time, so that question must not scan the whole list.
  const byRecipient = new Map<string, Arrived<Item>[]>()
  const listeners = new Set<(item: Arrived<Item>) => void>()

  function dropOldest() {
    const oldest = all.values().next().value
    if (oldest === undefined) return
    all.delete(oldest.seq)
    const others = byRecipient.get(recipientOf(oldest))
    others?.shift()
    if (others?.length === 0) byRecipient.delete(recipientOf(oldest))
  }

  return {
    record(item: Item) {
      const arrived = { seq: options.sequence.next(), ...item }
      all.set(arrived.seq, arrived)
      const others = byRecipient.get(recipientOf(arrived))
      if (others === undefined) byRecipient.set(recipientOf(arrived), [arrived])
      else others.push(arrived)
      if (all.size > options.capacity) dropOldest()
      for (const listener of listeners) listener(arrived)
    },

    list(to?: string): readonly Arrived<Item>[] {
      return to === undefined ? [...all.values()] : (byRecipient.get(recipientOf({ to })) ?? [])
    },

    /** Calls the listener for each later arrival, for one recipient or for all. Returns the unsubscribe function. */
    subscribe(to: string | undefined, listener: (item: Arrived<Item>) => void): () => void {
      const recipient = to === undefined ? null : recipientOf({ to })
      const filtered = (item: Arrived<Item>) => {
        if (recipient === null || recipientOf(item) === recipient) listener(item)
      }
      listeners.add(filtered)
      return () => listeners.delete(filtered)
    },

    reset() {
      all.clear()
      byRecipient.clear()
    },
  }
}

function recipientOf({ to }: { to: string }): string {
  return to.toLowerCase()
}
