import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom } from './abuse/random.ts'

type OpenLoop<T> = {
  items: readonly T[]
  perSecond: number
  /** @param dueAt when the schedule has this item, on the clock of `performance.now()` */
  send: (item: T, dueAt: number) => Promise<void>
}

/**
 * Sends items at random times with this mean rate (a Poisson process), however long the answers take. A latency is
 * counted from the schedule. Counted from the moment of sending, it would leave out the time that an item waited because
 * the server was slow.
 */
export async function runOpenLoop<T>({ items, perSecond, send }: OpenLoop<T>): Promise<void> {
  const { below } = createRandom(1, 'open loop')
  const sending: Promise<void>[] = []
  let dueAt = performance.now()
  for (const item of items) {
    dueAt += (-Math.log((1 + below(1e6)) / 1e6) * 1000) / perSecond
    const wait = dueAt - performance.now()
    if (wait > 0) await sleep(wait)
    sending.push(send(item, dueAt))
  }
  await Promise.all(sending)
}
