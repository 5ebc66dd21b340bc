// Delivers a message that a vendor accepted: puts it into the outbox and, after a delay, pushes its delivery receipt to
// the API, with repeats while the API does not acknowledge it.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { Arrivals } from '../control/arrivals.ts'
import type { FaultScript } from '../control/fault-script.ts'
import type { Message } from '../vendors/message.ts'
import { countryOf, internationalOf } from '../vendors/mobile.ts'
import { isReceiptFault, type ReceiptFault, type VendorFault } from '../vendors/vendor-faults.ts'
import type { AcceptedMessage, Vendor } from '../vendors/vendor.ts'
import type { DeliveryReceiptLog } from './delivery-receipt-log.ts'
import { pushDeliveryReceipt } from './push-delivery-receipt.ts'

// Vendors wait a minute or longer before a repeat, which is too slow for tests.
const REPEAT_AFTER_MS = [1000, 5000]

type Report = { delivered: boolean; forged: boolean }

export type MessageDelivery = ReturnType<typeof createMessageDelivery>

export function createMessageDelivery(
  deps: {
    clock: Clock
    outbox: Arrivals<Message>
    faults: FaultScript<VendorFault>
    log: DeliveryReceiptLog
    onError: (error: unknown) => void
  },
  options: { pushesReceipts: boolean; delayMs: number },
) {
  const { clock, outbox, faults, log } = deps
  let cancellation = new AbortController()

  /** Pushes one delivery receipt until it is acknowledged or given up. */
  async function report(
    vendor: Vendor,
    message: AcceptedMessage,
    { delivered, forged }: Report,
    signal: AbortSignal,
  ) {
    const { id, to, echo } = message
    for (let attempt = 1; ; attempt += 1) {
      const push = vendor.buildDeliveryReceipt(message, { delivered, forged, now: clock.now() })
      if (push === null) return
      const answer = await pushDeliveryReceipt(push, signal)
      if (signal.aborted) return
      const acknowledged = 'status' in answer && vendor.isAcknowledged(answer)
      log.add({
        gateway: vendor.name,
        to,
        id,
        echo,
        status: delivered ? 'delivered' : 'undelivered',
        forged,
        attempt,
        at: clock.now(),
        answered: 'status' in answer ? answer.status : null,
        error: 'error' in answer ? answer.error : null,
        acknowledged,
      })
      const pauseMs = REPEAT_AFTER_MS[attempt - 1]
      // A forged delivery receipt is pushed once: the API is expected to refuse it.
      if (acknowledged || forged || pauseMs === undefined) return
      await sleep(pauseMs, undefined, { signal })
    }
  }

  async function reportLater(
    vendor: Vendor,
    message: AcceptedMessage,
    fault: ReceiptFault | null,
    delayMs: number,
  ) {
    const { signal } = cancellation
    const receipt = { delivered: fault?.name !== 'undelivered', forged: false }
    await sleep(delayMs, undefined, { signal })
    if (fault?.name === 'receipt_forged') {
      await report(vendor, message, { delivered: false, forged: true }, signal)
    }
    await report(vendor, message, receipt, signal)
    if (fault?.name === 'receipt_twice') await report(vendor, message, receipt, signal)
  }

  return {
    /** Resolves at once, except for `receipt_first`: then it resolves when the delivery receipt has been pushed. */
    async deliver(vendor: Vendor, message: AcceptedMessage): Promise<void> {
      const fault = faults.take(vendor.name, isReceiptFault)
      let { delayMs } = options
      if (fault?.name === 'receipt_first') delayMs = 0
      if (fault?.name === 'receipt_late') ({ delayMs } = fault)

      const { callback: _, ...shown } = message
      const lost = fault?.name === 'undelivered'
      const number = internationalOf(message.to)
      outbox.record({
        ...shown,
        number,
        country: countryOf(number),
        gateway: vendor.name,
        landed: message.at + delayMs,
        lost,
      })
      if (!options.pushesReceipts || fault?.name === 'no_receipt') return

      const pushed = reportLater(vendor, message, fault, delayMs).catch((error: unknown) => {
        if (!isCancelled(error)) deps.onError(error)
      })
      if (fault?.name === 'receipt_first') await pushed
    },

    /** Drops every delivery receipt that has not been pushed yet. */
    cancelAll() {
      cancellation.abort()
      cancellation = new AbortController()
    },
  }
}

function isCancelled(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}
