import { setTimeout as sleep } from 'node:timers/promises'

const PATIENCE_MS = 40_000

/** Waits until `read` answers the wished value. */
export async function until(read: () => Promise<unknown>, wish: unknown): Promise<void> {
  const giveUpAt = Date.now() + PATIENCE_MS
  for (;;) {
    const found = await read()
    if (found === wish) return
    if (Date.now() > giveUpAt) throw new Error(`still ${String(found)} instead of ${String(wish)}`)
    await sleep(100)
  }
}
