import type { Reason } from '@sms-codes/client'
import { afterEach, expect, it, vi } from 'vitest'
import { clockTime } from '../src/clock-time.ts'
import { errorOf } from '../src/error-text.ts'
import { en } from '../src/texts-en.ts'
import { zh } from '../src/texts-zh.ts'

const textsOf = (reason: Reason, retryAfter = 0) => {
  const text = errorOf({ ok: false, reason, message: '', code: '', status: 0, retryAfter })
  return [text(zh), text(en)]
}

afterEach(() => vi.useRealTimers())

it('a refusal that names a wait tells until when, and another one does not', () => {
  // The clock stands still, because a text has the minute in which it is made.
  vi.useFakeTimers({ toFake: ['Date'] })
  const time = clockTime('zh-CN', Date.now() + 172_800_000)
  expect(textsOf('throttled', 172_800)).toEqual([
    `操作过于频繁，请在 ${time} 之后再试。`,
    expect.stringMatching(/^Too many requests\. Try again after \S.*\.$/),
  ])
  expect(textsOf('throttled', 30)[0]).toMatch(/请在 .*之后再试。$/)
  expect(textsOf('unavailable', 172_800)[0]).toBe(`服务暂时不可用，请在 ${time} 之后再试。`)
  expect(textsOf('throttled')).toEqual(['操作过于频繁，请稍后再试。', 'Too many requests. Try again later.'])
  expect(textsOf('unavailable', 5)[0]).toBe('服务暂时不可用，请稍后再试。')
})
