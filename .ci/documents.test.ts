import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './configuration.ts'

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

const FENCED = /^```(.*)\n([^]*?)^```$/gm
const textOf = (page: string) => page.replaceAll(FENCED, '')
const headingsOf = (page: string) => [...textOf(page).matchAll(/^(#+) (.*)$/gm)]
const linksOf = (page: string) => [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = '']) => to)

/** A comment of a code block is in the language of its page. */
const withoutComments = (code: string) =>
  code.replaceAll(/(^|\s+)((#|\/\/) .*$|\/\*\* .* \*\/$|""".*"""$)/gm, '')
const blocksOf = (page: string) =>
  [...page.matchAll(FENCED)].map(([, kind, code = '']) => [kind, withoutComments(code)])

/** The page of a link without the language. Headings are translated, so their names are not compared. */
const sharedTarget = (link: string) =>
  link.replace('.zh-CN', '').replace(/(README|integrate)\.md#.*/, '$1.md')

const QUOTING = [
  ['README.md', 'README.zh-CN.md'],
  ['docs/integrate.md', 'docs/integrate.zh-CN.md'],
]
const PAIRS = [...QUOTING, ['docs/migrating-from-django.md', 'docs/migrating-from-django.zh-CN.md']]
test.each(PAIRS)('%s and %s have the same headings, code and links', (...paths) => {
  const [one, other] = paths.map(read).map((page) => ({
    headings: headingsOf(page).map(([, level]) => level),
    blocks: blocksOf(page),
    links: [...new Set(linksOf(page).map(sharedTarget))].toSorted(),
  }))
  expect(other).toEqual(one)
})

/** A block after a paragraph that links to a source file. */
const QUOTE = /\]\(([^)#\s]+\.(?:m?js|html|py|java))\)(?:.+|\n(?!\n))*\n\n```\w*\n([^]*?)^```$/gm

test.each(QUOTING.flat())('%s quotes code as it is in its file', (path) => {
  const quotes = [...read(path).matchAll(QUOTE)]
  expect(quotes.length).toBeGreaterThan(1)
  const compared = path.includes('.zh-CN') ? withoutComments : (code: string) => code
  for (const [, file = '', code = ''] of quotes)
    expect(compared(read(join(dirname(path), file)))).toContain(compared(code))
})

test.each(PAIRS.map(([, chinese = '']) => chinese))('the comments of the code in %s are Chinese', (path) => {
  const comments = [...read(path).matchAll(FENCED)].flatMap(([, , code = '']) =>
    [...code.matchAll(/(?:^|\s)(?:(?:#|\/\/) (.*)|\/\*\* (.*) \*\/|"""(.*)""")$/gm)].map((found) =>
      found.slice(1).join(''),
    ),
  )
  // A line of one word is a name of a file, and one that begins with a brace is an answer.
  expect(comments.filter((text) => / /.test(text) && !/^\{|\p{Script=Han}/u.test(text))).toEqual([])
})

/** The names of the headings of a page, as GitHub makes them. */
const anchorsOf = (page: string) =>
  headingsOf(page).map(([, , title = '']) =>
    title
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )

const filesIn = (folder: string) => readdirSync(join(ROOT, folder)).map((name) => join(folder, name))
const folders = ['.', '.github', 'docs', ...filesIn('apps'), ...filesIn('packages')]

test.each(folders.flatMap(filesIn).filter((path) => path.endsWith('.md')))(
  'each link of %s has a target',
  (path) => {
    const missing = linksOf(read(path)).filter((link) => {
      const [file = '', anchor] = link.split('#')
      if (/^[a-z]+:/.test(file)) return false
      const target = file === '' ? path : join(dirname(path), file)
      if (!existsSync(join(ROOT, target))) return true
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(read(target)).includes(anchor)
    })
    expect(missing).toEqual([])
  },
)
