import { setTimeout as sleep } from 'node:timers/promises'
import type { State } from '@sms-codes/core/codes/record'
import type { RequestStatus } from '@sms-codes/core/codes/request-status'
import { OpsError } from './args.ts'
import type { Terminal } from './terminal.ts'

const POLL_EVERY_MS = 100
const HINT = 'Check the queues ("status"), and that a worker runs and its gateways answer.'

/**
 * Prints each state of a message. Returns when it is delivered or e-mailed, or `receiptMs` after `sent` is printed.
 * @throws OpsError if the message failed, or was not sent within `waitMs` of the call
 */
export async function followSend(
  find: () => Promise<RequestStatus | null>,
  { waitMs, receiptMs }: { waitMs: number; receiptMs: number },
  { say, signal }: Terminal,
): Promise<void> {
  const shown = new Set<State>()
  let giveUpAt = Date.now() + waitMs
  for (;;) {
    const found = await find()
    if (found === null) throw new OpsError('the record of this send is gone; perhaps it was erased')
    const { status, channel, reason, times } = found
    for (const { state, ms } of times) {
      if (shown.has(state)) continue
      shown.add(state)
      say(`${new Date(ms).toISOString()}  ${state.padEnd(9)}  ${channel}`)
      if (state === 'sent') giveUpAt = Date.now() + receiptMs
    }
    if (status === 'delivered' || status === 'fell_back') return
    if (status === 'failed') throw new OpsError(`the message failed: ${reason || 'unknown reason'}`)
    if (status === 'expired' && !shown.has('sent')) throw new OpsError(`expired before it was sent. ${HINT}`)
    if (Date.now() > giveUpAt || signal.aborted) {
      if (status === 'sent' || status === 'expired') return say('sent; no delivery receipt arrived in time')
      throw new OpsError(`${signal.aborted ? 'stopped' : 'not sent in time'}: still ${status}. ${HINT}`)
    }
    await sleep(POLL_EVERY_MS, undefined, { signal }).catch(() => {})
  }
}
