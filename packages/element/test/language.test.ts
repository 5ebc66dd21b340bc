import { expect, it } from 'vitest'
import { languageOf } from '../src/language.ts'
import { en } from '../src/texts-en.ts'
import { zh } from '../src/texts-zh.ts'

it.each([
  ['zh', 'zh'],
  ['zh-CN', 'zh'],
  ['ZH-Hant-HK', 'zh'],
  ['en-GB', 'en'],
  ['fr', 'en'],
  ['zha', 'en'],
])('a page in %s gets the texts in %s', (tag, language) => {
  expect(languageOf(tag)).toBe(language)
})

it('both languages have the same texts, and the same ones take a value', () => {
  const kinds = (texts: typeof zh) => Object.entries(texts).map(([key, text]) => `${key}: ${typeof text}`)
  expect(kinds(en)).toEqual(kinds(zh))
})

it('no Chinese text has Western punctuation, and no English text has Chinese characters', () => {
  const shown = (texts: typeof zh) =>
    Object.values(texts).map((text) => (typeof text === 'string' ? text : String(text)))
  for (const text of shown(zh)) expect(text).not.toMatch(/[\u4e00-\u9fff] *[,.:;?!]/)
  for (const text of shown(en)) expect(text).not.toMatch(/[\u3000-\u9fff]/)
})
