import { describe, expect, it } from 'vitest'
import { percentOf, shareOf, spanOf, timeOf, zoneOf } from '../../src/messages/formats.ts'
import { markupOf } from '../../src/messages/html.ts'

describe('the formats of the pages', () => {
  it.each([
    [-5, '0 ms'],
    [0, '0 ms'],
    [999, '999 ms'],
    [1_000, '1.0 s'],
    [9_499, '9.5 s'],
    [9_999, '10 s'],
    [59_600, '1 min'],
    [60_000, '1 min'],
    [61_000, '1 min 1 s'],
    [3_600_000, '1 h'],
    [11_100_000, '3 h 5 min'],
    [86_399_900, '1 d'],
    [93_600_000, '1 d 2 h'],
  ])('show %i ms as %s', (ms, text) => {
    expect(spanOf(ms, 'en')).toBe(text)
  })

  it('show a share of nothing as a dash, and a share above the whole', () => {
    const shown = [shareOf(0, 0), shareOf(0, 5), shareOf(1, 3), shareOf(5, 5), shareOf(6, 5)].map(percentOf)
    expect(shown).toEqual(['–', '0 %', '33.3 %', '100 %', '120 %'])
  })

  it('show a time in the zone of the process, and a dash for an invalid time', () => {
    const ms = new Date(2026, 10, 29, 2, 5, 9).getTime()
    expect(markupOf(timeOf(ms))).toMatch(/2026-11-29<\/span> 02:05:09<\/time>$/)
    expect(zoneOf(ms)).toMatch(/^UTC([+-]\d\d:\d\d)?$/)
    expect(markupOf(timeOf(Number.NaN))).toBe('–')
  })
})
