import { afterEach, expect, it, vi } from 'vitest'
import { clockTime } from '../src/clock-time.ts'

afterEach(() => vi.useRealTimers())

it('a time of today is a time of day, and a later one has its day', () => {
  const now = new Date(2026, 10, 29, 6, 43, 20)
  vi.useFakeTimers({ now, toFake: ['Date'] })
  const after = (minutes: number) => now.getTime() + minutes * 60_000
  expect(clockTime('zh-CN', after(10))).toBe('06:54')
  expect(clockTime('zh-CN', after(24 * 60))).toBe('11月30日 06:44')
  expect(clockTime('en', after(24 * 60))).toMatch(/^Nov 30, 0?6:44\sAM$/)
  // Rounded up, this is the first minute of the next day.
  expect(clockTime('zh-CN', new Date(2026, 10, 29, 23, 59, 30).getTime())).toMatch(/^11月30日/)
})
