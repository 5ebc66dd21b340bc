import { describe, expect, it } from 'vitest'
import { barsOf, drawChart, type Bar } from '@sms-codes/bench/report/chart'
import { summarize } from '@sms-codes/bench/report/summary'
import { NOTHING, roundOf } from './results.ts'

const BARS: Bar[] = [
  { label: 'send, CPU', times: 1.62, goal: 1.7 },
  { label: 'send, CPU of Redis', times: 1.8, goal: 1.8 },
  { label: 'worker at 50 ms, CPU', times: 0.4, goal: 1.4 },
  { label: 'verify, CPU', times: 4.9, goal: 1.7 },
]

const TAG = /<(\/?)([a-z]+)((?: [a-zA-Z0-9-]+="[^"<&]*")*)(\/?)>/g

/** The names of the elements in their order. @throws Error for an element that does not end, or ends another one */
function elementsOf(svg: string): string[] {
  const open: string[] = []
  const names: string[] = []
  for (const [, slash, name = '', , empty] of svg.matchAll(TAG)) {
    if (slash === '') names.push(name)
    if (slash === '' && empty === '') open.push(name)
    if (slash === '/' && open.pop() !== name) throw new Error(`</${name}> ends another element`)
  }
  const rest = svg.replace(TAG, '')
  if (open.length > 0 || /[<>&]/.test(rest)) throw new Error(`not well-formed: ${open.join(' ')} ${rest}`)
  return names
}

type Box = { words: string; left: number; right: number; top: number; bottom: number }

/** The boxes of the labels. A character of a font of 13 px takes at most 8 px on average. */
function labelsOf(svg: string): Box[] {
  const labels = svg.matchAll(/<text[^>]* x="(\d+)" y="(\d+)"(?: text-anchor="(start|end)")?>([^<]*)</g)
  return [...labels].map(([, x, y, anchor, words = '']) => {
    const width = words.length * 8
    const left = anchor === 'end' ? Number(x) - width : Number(x)
    return { words, left, right: left + width, top: Number(y) - 12, bottom: Number(y) + 3 }
  })
}

const overlap = (a: Box, b: Box) =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom

describe('the chart', () => {
  it.each([[BARS], [BARS.slice(0, 1)], [[]]])('is well-formed XML: %#', (bars) => {
    const names = elementsOf(drawChart(bars))
    expect(names[0]).toBe('svg')
    expect(names.filter((name) => name === 'rect')).toHaveLength(2 * bars.length + 2)
    expect(names.filter((name) => name === 'line')).toHaveLength(bars.length + 1)
  })

  it('has labels that do not overlap and lie inside the picture', () => {
    const svg = drawChart(BARS)
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []
    const labels = labelsOf(svg)
    expect(labels).toHaveLength(2 * BARS.length + 5)
    for (const [at, label] of labels.entries()) {
      expect(label.left).toBeGreaterThanOrEqual(0)
      expect(label.right).toBeLessThanOrEqual(Number(width))
      expect(label.bottom).toBeLessThanOrEqual(Number(height))
      for (const other of labels.slice(at + 1))
        expect([label.words, other.words, overlap(label, other)]).toEqual([label.words, other.words, false])
    }
  })

  it('has colours for light and dark', () => {
    expect(drawChart(BARS)).toContain('prefers-color-scheme: dark')
  })

  it('takes its bars from the medians, and leaves out what was not measured', () => {
    const base = roundOf('bare Fastify', 20)
    const comparison = { base, floor: roundOf('floor of send', 80, 50), product: roundOf('send', 120, 100) }
    const bars = barsOf({ ...NOTHING, summaries: summarize([comparison]) })
    expect(bars.map(({ label, times, goal }) => [label, times.toFixed(2), goal])).toEqual([
      ['send, CPU', '1.50', 1.7],
      ['send, CPU of Redis', '2.00', 1.8],
    ])
  })
})
