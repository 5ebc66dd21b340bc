import { describe, expect, it } from 'vitest'
import { TEXTS, textsIn, wordFor } from '../../src/messages/texts.ts'

const partsOf = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([part]) => part).toSorted()

describe('the texts of the pages', () => {
  it('exist in both languages with the same names and the same parts', () => {
    expect(Object.keys(TEXTS.en)).toEqual(Object.keys(TEXTS.zh))
    for (const [name, text] of Object.entries(TEXTS.en)) {
      const [zh = ''] = Object.entries(TEXTS.zh).flatMap(([other, words]) => (other === name ? [words] : []))
      expect([name, partsOf(text)]).toEqual([name, partsOf(zh)])
      expect(text).not.toBe('')
    }
  })

  it('have words for a status, a class and a reason, and keep an unknown one', () => {
    const say = textsIn('en')
    expect(wordFor(say, 'status', 'used')).toBe('code verified')
    expect(wordFor(say, 'class', 'config')).toBe('refuses account or request')
    expect(wordFor(say, 'reason', 'late')).toBe('too late')
    expect(wordFor(say, 'reason', 'of_later')).toBe('of_later')
  })
})
