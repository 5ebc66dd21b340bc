// Carries what a vendor took: the message to the phone at once, its delivery receipt to the API a little later, and
// again as long as the API has not acknowledged it as this vendor wants it.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { FaultScript, ReceiptFault } from '../control/fault-script.ts'
import type { Outbox } from '../control/outbox.ts'
import type { Taken, Vendor } from '../vendors/vendor.ts'
import { pushReceipt } from './push.ts'
import type { ReceiptLog } from './receipt-log.ts'

// The vendors wait a minute and more; a test should not have to.
const PAUSES_MS = [1000, 5000]

type Report = { delivered: boolean; forged: boolean }

export type Courier = ReturnType<typeof createCourier>

export function createCourier(
  deps: {
    clock: Clock
    outbox: Outbox
    script: FaultScript
    log: ReceiptLog
    onError: (error: unknown) => void
  },
  options: { pushes: boolean; delayMs: number },
) {
  const { clock, outbox, script, log } = deps
  let stop = new AbortController()

  /** One receipt with its repeats. */
  async function report(vendor: Vendor, message: Taken, { delivered, forged }: Report, signal: AbortSignal) {
    const { id, to, echo } = message
    for (let attempt = 1; ; attempt += 1) {
      const push = vendor.receipts.push(message, { delivered, forged, now: clock.now() })
      if (push === null) return
      const answer = await pushReceipt(push, signal)
      if (signal.aborted) return
      const acknowledged = 'status' in answer && vendor.receipts.isAcknowledged(answer)
      log.enter({
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
      const pauseMs = PAUSES_MS[attempt - 1]
      // Whoever forges a receipt does not mind what is thought of it.
      if (acknowledged || forged || pauseMs === undefined) return
      await sleep(pauseMs, undefined, { signal })
    }
  }

  async function followUp(vendor: Vendor, message: Taken, fault: ReceiptFault | null, waitMs: number) {
    const { signal } = stop
    const receipt = { delivered: fault?.name !== 'undelivered', forged: false }
    await sleep(waitMs, undefined, { signal })
    if (fault?.name === 'receipt_forged') {
      await report(vendor, message, { delivered: false, forged: true }, signal)
    }
    await report(vendor, message, receipt, signal)
    if (fault?.name === 'receipt_twice') await report(vendor, message, receipt, signal)
  }

  function isStopped(error: unknown): boolean {
    return error instanceof Error && error.name === 'AbortError'
  }

  return {
    /** Resolves at once, except where a receipt has to be out before the vendor answers the send. */
    async carry(vendor: Vendor, taken: readonly Taken[]): Promise<void> {
      const before: Promise<void>[] = []
      for (const message of taken) {
        const fault = script.takeOfReceipt(vendor.name)
        let waitMs = options.delayMs
        if (fault?.name === 'receipt_first') waitMs = 0
        if (fault?.name === 'receipt_late') waitMs = fault.delayMs
        const { callback: _, ...shown } = message
        const landed = message.at + waitMs
        outbox.record({ ...shown, gateway: vendor.name, landed, lost: fault?.name === 'undelivered' })
        if (!options.pushes || fault?.name === 'no_receipt') continue
        const done = followUp(vendor, message, fault, waitMs).catch((error: unknown) => {
          if (!isStopped(error)) deps.onError(error)
        })
        if (fault?.name === 'receipt_first') before.push(done)
      }
      await Promise.all(before)
    },

    /** Drops every receipt that is still to come. */
    stop() {
      stop.abort()
      stop = new AbortController()
    },
  }
}
