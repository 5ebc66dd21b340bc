import { describe, expect, it } from 'vitest'
import { mailText } from '../../src/email/email-text.ts'
import { messageTo } from '../worker.ts'

const MASK = '138****8000'
const message = messageTo('+8613800138000')

describe('the text of a mail', () => {
  it.each([
    ['zh-CN', '短信未能送达', 'could not be delivered'],
    ['zh-SG', '短信未能送达', 'could not be delivered'],
    ['zh-HK', '短訊未能送達', '短信未能送达'],
    ['en', 'could not be delivered', '短信未能送达'],
    ['ja', 'could not be delivered', '短信未能送达'],
  ])('is that of the message, and has a note in its language or in English: %s', (locale, note, other) => {
    const { subject, text, html } = mailText({ ...message, locale, text: '認証コード 739146' }, MASK)
    for (const body of [text, html]) {
      for (const part of ['認証コード 739146', note, MASK]) expect(body).toContain(part)
      expect(body).not.toContain(other)
    }
    expect(subject).not.toContain('739146')
  })

  it('is text in HTML too', () => {
    const { html } = mailText({ ...message, text: 'Tom & Co <b>739146</b>\nnext line' }, MASK)
    expect(html).toContain('<p>Tom &amp; Co &lt;b>739146&lt;/b><br>next line</p>')
  })
})
