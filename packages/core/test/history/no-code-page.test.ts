import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { CAUSES } from '../../src/history/explain-causes.ts'
import { ENDS, type Side } from '../../src/history/explain-texts.ts'
import { explain } from '../../src/history/explain.ts'

// The table of docs/no-code.md and the explanation of a request must name the same side for a cause.

const PAGE = readFileSync(join(import.meta.dirname, '../../../../docs/no-code.md'), 'utf8')
const sideOf = (status: string, code = '') =>
  explain({ at: 0, events: [{ kind: 'status', at: 0, status, code }] }, 'en').side

/** What comes before the names in the first column, and the side that the explanation gives to such a name. */
const EXPLAINED: Readonly<Record<string, (name: string) => Side | undefined>> = {
  refused: (reason) => sideOf('refused', reason),
  failed: (reason) => sideOf('failed', reason),
  class: (name) => CAUSES[name]?.side,
  '*': (status) => (Object.hasOwn(ENDS, status) ? sideOf(status) : undefined),
}

const ROWS = [...PAGE.matchAll(/^\| (.+?) \| .+? \| (.+?) \| /gm)]
const CASES = ROWS.flatMap(([, seen = '', cell = '']) => {
  const [kind = ''] = /refused|failed|class|\*/.exec(seen) ?? []
  return [...seen.matchAll(/[`*](\w+)[`*]/g)].flatMap(([, name = '']) => {
    const side = EXPLAINED[kind]?.(name)
    return side === undefined ? [] : [{ kind, name, side: side === 'gateway' ? 'vendor' : side, cell }]
  })
})

it.each(CASES)('the page and the explanation name the same side for $kind $name', ({ side, cell }) => {
  expect(cell.split(' or ')).toContain(side)
})

it('the page has refusals, failures, classes and statuses', () => {
  expect(new Set(CASES.map(({ kind }) => kind))).toEqual(new Set(Object.keys(EXPLAINED)))
})
