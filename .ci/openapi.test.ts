import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Document } from '../apps/api/test/http/document.ts'
import {
  DOCUMENT_FILE,
  operationsOf,
  builtInDocument,
  REFERENCE_FILE,
  renderDocument,
  renderReference,
} from './openapi.ts'

let document: Document
beforeAll(async () => {
  document = await builtInDocument()
})

const MOST_LINES = 500
const read = (file: string) => readFileSync(file, 'utf8')

test('docs/openapi.json is the document of the running API', () => {
  expect.assert(
    read(DOCUMENT_FILE) === renderDocument(document),
    'docs/openapi.json is out of date; run: npm run docs:api',
  )
})

test('docs/api.md says the same, with every operation and body, and links that lead to them', () => {
  const text = read(REFERENCE_FILE)
  expect.assert(text === renderReference(document), 'docs/api.md is out of date; run: npm run docs:api')
  const headings = new Set([...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading))
  const operations = operationsOf(document).map(({ path, method }) =>
    path.startsWith('/') ? `${method.toUpperCase()} ${path}` : path,
  )
  const bodies = Object.keys(document.components.schemas)
  for (const heading of [...operations, ...bodies])
    expect([heading, headings.has(heading)]).toEqual([heading, true])
  const anchors = new Set([...headings].map((heading) => heading.toLowerCase()))
  for (const [, anchor = ''] of text.matchAll(/\]\(#([^)]+)\)/g))
    expect([anchor, anchors.has(anchor)]).toEqual([anchor, true])
  expect(text.split('\n').length).toBeLessThanOrEqual(MOST_LINES)
})

test('docs/api.md has no empty example, and shows what a text must look like', () => {
  const text = read(REFERENCE_FILE)
  expect(text).not.toMatch(/^```json\n\s*```$/m)
  expect(text).toMatch(/^\| `uuid` \| string, `\^\[A-Za-z0-9_-\]\{8,64\}\$` \|/m)
  expect(text).toMatch(/^\| `image_code` \| string, 1 to 16 characters \|/m)
})

test('the version of the document is that of the packages', () => {
  const manifest: unknown = JSON.parse(read(join(import.meta.dirname, '../package.json')))
  expect(manifest).toMatchObject({ version: document.info.version })
})
