// What CCP remembers of a calendar day of Shanghai: the request ids it took and how often each number was written to.
// Only accepted messages are entered, so a refused request may be repeated with the same id.
import { shanghaiDay } from '../../clock.ts'

const BETWEEN_TWO_MS = 30_000
const PER_TEMPLATE_AND_DAY = 5
const PER_DAY = 8

type Taken = { lastAt: number; total: number; perTemplate: Map<string, number> }

export type CcpLedger = ReturnType<typeof createCcpLedger>

export function createCcpLedger(options: { limits: boolean }) {
  let day = ''
  const requestIds = new Set<string>()
  const numbers = new Map<string, Taken>()

  function turnToDayOf(now: number) {
    const today = shanghaiDay(now)
    if (today === day) return
    day = today
    requestIds.clear()
    for (const [number, taken] of numbers) {
      // The counts are of a day, the pause between two messages is not: midnight does not shorten it.
      if (isTooSoon(taken.lastAt, now))
        numbers.set(number, { lastAt: taken.lastAt, total: 0, perTemplate: new Map() })
      else numbers.delete(number)
    }
  }

  return {
    hasRequestId(requestId: string, now: number): boolean {
      turnToDayOf(now)
      return requestIds.has(requestId)
    },

    /** The vendor's code when the number may not be written to now, else null. */
    limitOf(number: string, templateId: string, now: number): string | null {
      turnToDayOf(now)
      const taken = numbers.get(number)
      if (!options.limits || taken === undefined) return null
      if (isTooSoon(taken.lastAt, now)) return '160038'
      if ((taken.perTemplate.get(templateId) ?? 0) >= PER_TEMPLATE_AND_DAY) return '160040'
      return taken.total >= PER_DAY ? '160015' : null
    },

    enter(message: { to: readonly string[]; templateId: string; requestId: string | null; now: number }) {
      turnToDayOf(message.now)
      if (message.requestId !== null) requestIds.add(message.requestId)
      for (const number of message.to) {
        const taken = numbers.get(number) ?? { lastAt: 0, total: 0, perTemplate: new Map<string, number>() }
        taken.lastAt = message.now
        taken.total += 1
        taken.perTemplate.set(message.templateId, (taken.perTemplate.get(message.templateId) ?? 0) + 1)
        numbers.set(number, taken)
      }
    },

    reset() {
      requestIds.clear()
      numbers.clear()
    },
  }
}

// A clock that was set back must not leave a number locked until the old time comes round again.
function isTooSoon(lastAt: number, now: number): boolean {
  return now >= lastAt && now - lastAt < BETWEEN_TWO_MS
}
