// Every receipt that was pushed and what the API said to it, newest last. Bounded like the outbox. Addresses are not
// kept: they hold the token of the callbacks.

export type PushedReceipt = {
  gateway: string
  to: string
  id: string
  echo: string | null
  status: 'delivered' | 'undelivered'
  forged: boolean
  attempt: number
  at: number
  answered: number | null
  error: string | null
  acknowledged: boolean
}

export type ReceiptLog = ReturnType<typeof createReceiptLog>

export function createReceiptLog(options: { capacity: number }) {
  let pushed: PushedReceipt[] = []
  return {
    enter(receipt: PushedReceipt) {
      pushed.push(receipt)
      // Cut in lumps, since every cut copies the list.
      if (pushed.length >= 2 * options.capacity) pushed = pushed.slice(-options.capacity)
    },

    list: (to?: string): readonly PushedReceipt[] =>
      pushed.slice(-options.capacity).filter((receipt) => to === undefined || receipt.to === to),

    reset() {
      pushed = []
    },
  }
}
