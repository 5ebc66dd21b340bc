import { expect, test } from 'vitest'
import { createNumberLimits, onSameDay, withinMs } from '../../src/vendors/number-limits.ts'

const NOON = Date.parse('2026-05-01T04:00:00Z')
const LIMITS = [
  { permits: 1, isInWindow: withinMs(30_000), refusal: 'pause', same: 'text' as const },
  { permits: 3, isInWindow: onSameDay, refusal: 'day' },
]

const send = (at: number, text = 'a', to = '13800138000') => ({ to, template: '1', text, at })

test('the first full limit gives the refusal', () => {
  const limits = createNumberLimits(LIMITS, { enforced: true })
  for (const text of ['a', 'b', 'c']) limits.add(send(NOON, text))
  expect(limits.refusalOf(send(NOON))).toBe('pause')
  expect(limits.refusalOf(send(NOON, 'd'))).toBe('day')
  expect(limits.refusalOf(send(NOON, 'a', '13900139000'))).toBeNull()
  expect(limits.refusalOf(send(NOON + 86_400_000))).toBeNull()
})

test('a clock that was set back does not block a number', () => {
  const limits = createNumberLimits(LIMITS, { enforced: true })
  limits.add(send(NOON))
  expect(limits.refusalOf(send(NOON - 1000))).toBeNull()
})

test('limits that are not enforced refuse nothing', () => {
  const limits = createNumberLimits(LIMITS, { enforced: false })
  for (let i = 0; i < 4; i += 1) limits.add(send(NOON))
  expect(limits.refusalOf(send(NOON))).toBeNull()
})
