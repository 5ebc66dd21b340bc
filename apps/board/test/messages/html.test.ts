import { describe, expect, it } from 'vitest'
import { html, markupOf } from '../../src/messages/html.ts'

describe('html', () => {
  it('escapes a value in an element and in an attribute', () => {
    const hostile = `<img src=x onerror="a()" alt='b'>&\``
    const escaped = '&#60;img src=x onerror=&#34;a()&#34; alt=&#39;b&#39;&#62;&#38;&#96;'
    expect(markupOf(html`<b title="${hostile}">${hostile}</b>`)).toBe(`<b title="${escaped}">${escaped}</b>`)
  })

  it('keeps markup of its own, also in lists, and escapes the texts between', () => {
    const cells = ['<1>', 2].map((cell) => html`<td>${cell}</td>`)
    // The formatter of the code formats templates with the tag `html`.
    const tag = html
    expect(markupOf(tag`<tr>${cells}${['&', tag`<hr>`]}</tr>`)).toBe(
      '<tr><td>&#60;1&#62;</td><td>2</td>&#38;<hr></tr>',
    )
  })
})
