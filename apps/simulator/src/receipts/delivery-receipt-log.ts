// Keeps every delivery receipt that was pushed and the API's answer, newest last. URLs are left out, because they
// contain the callback token.

type PushedDeliveryReceipt = {
  gateway: string
  to: string
  /** The vendor's id of the message. */
  id: string
  echo: string | null
  status: 'delivered' | 'undelivered'
  forged: boolean
  attempt: number
  at: number
  /** The HTTP status of the API's answer. */
  answered: number | null
  error: string | null
  acknowledged: boolean
}

export type DeliveryReceiptLog = ReturnType<typeof createDeliveryReceiptLog>

export function createDeliveryReceiptLog(options: { capacity: number }) {
  let pushed: PushedDeliveryReceipt[] = []
  return {
    add(receipt: PushedDeliveryReceipt) {
      pushed.push(receipt)
      // Every cut copies the list, so it is cut only when it has doubled.
      if (pushed.length >= 2 * options.capacity) pushed = pushed.slice(-options.capacity)
    },

    list: (to?: string): readonly PushedDeliveryReceipt[] =>
      pushed.slice(-options.capacity).filter((receipt) => to === undefined || receipt.to === to),

    reset() {
      pushed = []
    },
  }
}
