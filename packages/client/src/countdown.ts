import { listeners, type Memory } from './remembered.ts'

/**
 * Counts the seconds until the next send to the number that was sent to or throttled last. A wait does not get longer when
 * the clock of the device was set back before a reload.
 */
export const createCountdown =
  ({ get }: Memory, now: () => number) =>
  (onTick: (secondsLeft: number, mobile: string) => void): (() => void) => {
    let timer: ReturnType<typeof setTimeout>
    function tick(): void {
      clearTimeout(timer)
      const { mobile, seconds, until } = get().wait
      const ms = Math.max(0, Math.min(until - now(), seconds * 1_000))
      onTick(Math.ceil(ms / 1_000), mobile)
      if (ms > 0 && listeners.has(tick)) timer = setTimeout(tick, ms % 1_000 || 1_000)
    }
    listeners.add(tick)
    tick()
    return () => {
      listeners.delete(tick)
      clearTimeout(timer)
    }
  }
