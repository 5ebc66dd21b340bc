import { setTimeout as sleep } from 'node:timers/promises'
import type { State } from '@sms-codes/core/codes/record'
import type { RequestStatus } from '@sms-codes/core/codes/request-status'
import { OpsError } from '../ops-error.ts'
import type { Terminal } from '../terminal.ts'

export type Patience = { waitMs: number; receiptMs: number }

const LOOK_EVERY_MS = 100

/**
 * Prints each state that the message comes to, and returns when it is out.
 * @throws OpsError when it failed, or is not out in time
 */
export async function followSend(
  find: () => Promise<RequestStatus | null>,
  { waitMs, receiptMs }: Patience,
  { say, signal }: Pick<Terminal, 'say' | 'signal'>,
): Promise<void> {
  const shown = new Set<State>()
  let giveUpAt = Date.now() + waitMs
  for (;;) {
    const standing = await find()
    if (standing === null)
      throw new OpsError('nothing is held about this send any more; perhaps it was erased')
    const { status, channel, reason, times } = standing
    for (const { state, ms } of times) {
      if (shown.has(state)) continue
      shown.add(state)
      say(`${new Date(ms).toISOString()}  ${state.padEnd(9)}  ${channel}`)
      if (state === 'sent') giveUpAt = Date.now() + receiptMs
    }
    if (status === 'delivered' || status === 'fell_back') return
    if (status === 'failed') throw new OpsError(`the message failed: ${reason || 'no reason is known'}`)
    if (status === 'expired' && !shown.has('sent')) throw new OpsError('no worker sent it in time')
    if (Date.now() > giveUpAt || signal.aborted) {
      if (status === 'sent') return say('sent; no delivery receipt came')
      const why = signal.aborted ? 'stopped' : 'not sent in time'
      throw new OpsError(
        `${why}: it is ${status}. Look with "status" whether workers run and gateways are well.`,
      )
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {})
  }
}
