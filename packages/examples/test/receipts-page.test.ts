import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')
const BACK_ENDS = 'packages/examples/back-ends'
const files = readdirSync(join(ROOT, BACK_ENDS), { recursive: true, encoding: 'utf8' }).filter((path) =>
  /\.\w+$/.test(path),
)

it('there are examples for four languages', () => {
  expect(new Set(files.map((path) => path.split('/')[0]))).toEqual(new Set(['django', 'go', 'php', 'spring']))
})

it.each(files)('docs/receipts.md shows the example %s as it is', (path) => {
  const page = readFileSync(join(ROOT, 'docs/receipts.md'), 'utf8')
  const [, shown] = page.split(`[${path}](../${BACK_ENDS}/${path}):\n\n`)
  const [, block] = /^```\w+\n(.*?)^```$/ms.exec(shown ?? '') ?? []
  expect(block).toBe(readFileSync(join(ROOT, BACK_ENDS, path), 'utf8'))
})
