import { orNull } from './or-null.ts'
import { isLike } from './wire.ts'

export type TabStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/**
 * The last send, and the last wait: `seconds` long, over at `until` (ms). `expiresAt` is 0 after the code has been verified.
 * Without a send, `mobile` is the last number that was throttled, `requestId` is '', and `expiresAt` the end of the wait.
 */
export const NOTHING = {
  mobile: '',
  requestId: '',
  expiresAt: 0,
  hasEnded: false,
  wait: { mobile: '', seconds: 0, until: 0 },
}
type Remembered = typeof NOTHING

/** The storage of the tab, or null. A server has no window: what it remembered of one user could reach another. */
export const tabStorage = (): TabStorage | null => orNull(() => window.sessionStorage)

/** Run after each change of a memory. Those of one page can share a storage. */
export const listeners = new Set<() => void>()

/**
 * Keeps what is remembered in the storage, so that it survives a reload and all clients of the same key see it. A send
 * whose code has expired and whose wait is over is removed when the next client is created: the next user of the tab does
 * not see its number.
 */
export function createMemory(key: string, storage: TabStorage | null, now: () => number) {
  /** What a page without a storage remembers. A browser that blocks cookies, or whose storage is full, throws. */
  let text = 'null'

  function get(): Remembered {
    const stored = orNull(() => storage?.getItem(key)) ?? text
    const found = orNull((): unknown => JSON.parse(stored))
    return isLike(found, NOTHING) ? found : NOTHING
  }

  const remove = () => orNull(() => storage?.removeItem(key))

  const { expiresAt, wait } = get()
  if (expiresAt <= now() && wait.until <= now()) remove()

  return {
    get,
    set(changes: Partial<Remembered>): void {
      text = JSON.stringify({ ...get(), ...changes })
      // A storage that is full would keep the older text, which hides the newer one.
      remove()
      orNull(() => storage?.setItem(key, text))
      // A listener that throws does not make the send fail.
      for (const listener of listeners) queueMicrotask(listener)
    },
  }
}
export type Memory = ReturnType<typeof createMemory>
