import type { Lang } from '@sms-codes/core/history/explain-texts'
import { timeOf, zoneOf } from './formats.ts'
import { html, type Html } from './html.ts'
import { textsIn, type Say } from './texts.ts'

/** What every view needs to know about the request for its page. */
export type View = {
  lang: Lang
  say: Say
  /** The address of the queues, on Bull Board. */
  queues: string
  /** The address of the style sheet. */
  style: string
  /** The address of a page about messages. The language that the operator chose stays chosen. */
  link: (path: string, query?: Record<string, string>) => string
  /** The address of this page in the other language. */
  otherLanguage: string
  now: number
}

type Asked = {
  basePath: string
  /** The language of the browser, and the one that the operator chose, if any. */
  preferred: Lang
  chosen: Lang | undefined
  /** The path and the query of the page. */
  path: string
  query: Record<string, string>
  now?: number
}

export function createView({ basePath, preferred, chosen, path, query, now = Date.now() }: Asked): View {
  const lang = chosen ?? preferred
  const addressOf = (to: string, parts: Record<string, string>) => {
    const search = new URLSearchParams(parts).toString()
    return `${basePath}${to}${search === '' ? '' : `?${search}`}`
  }
  return {
    lang,
    say: textsIn(lang),
    queues: `${basePath}/`,
    style: `${basePath}/messages/style.css`,
    link: (to, parts = {}) => addressOf(to, { ...parts, ...(chosen && { lang: chosen }) }),
    otherLanguage: addressOf(path, { ...query, lang: lang === 'zh' ? 'en' : 'zh' }),
    now,
  }
}

/** A whole page. It has no script, and its only style is the style sheet (style.ts). */
export function layout(view: View, title: string, body: Html): Html {
  const { say, link, lang, now } = view
  const other = lang === 'zh' ? 'en' : 'zh-CN'
  return html`<!doctype html>
    <html lang="${lang === 'zh' ? 'zh-CN' : 'en'}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · sms-codes</title>
        <link rel="stylesheet" href="${view.style}" />
      </head>
      <body>
        <header class="top">
          <div class="wide">
            <a class="brand" href="${link('/messages')}">sms-codes <b>${say('title')}</b></a>
            <nav>
              <a href="${view.queues}">${say('queues')}</a>
              <a href="${view.otherLanguage}" lang="${other}" hreflang="${other}">${say('other_language')}</a>
            </nav>
          </div>
        </header>
        <main class="wide">${body}</main>
        <footer class="wide">
          <p>${say('as_of')} ${timeOf(now)} ${zoneOf(now)} · ${say('no_scripts')}</p>
        </footer>
      </body>
    </html>`
}

/** A page with a title and a few words, such as for an id that is not known. */
export const notice = (view: View, title: string, words: string): Html =>
  layout(
    view,
    title,
    html`<h1>${title}</h1>
      <section class="card"><p>${words}</p></section>
      <p><a href="${view.link('/messages')}">${view.say('back')}</a></p>`,
  )

/** A word with the colour of its meaning. The word says the same as the colour. */
export const pill = (tone: 'good' | 'bad' | 'warn' | 'plain', word: string): Html =>
  html`<span class="pill ${tone}">${word}</span>`

type Cell = string | Html
type Column = { name: string; isNumber: boolean }
export const column = (name: string): Column => ({ name, isNumber: false })
export const numberColumn = (name: string): Column => ({ name, isNumber: true })

/** A table, whose rows become cards on a narrow screen. The first cell of a row is the title of its card. */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[]): Html {
  const kindOf = ({ isNumber }: Column, cell: Cell) =>
    [isNumber ? 'number' : '', cell === '' ? 'blank' : ''].join(' ').trim()
  const hasFigures = columns.filter(({ isNumber }) => isNumber).length > 3
  const rowOf = (cells: readonly Cell[]) =>
    html`<tr class="${hasFigures ? 'figures' : ''}">
      ${columns.map((one, i) => {
        const cell = cells[i] ?? ''
        return html`<td class="${kindOf(one, cell)}" data-name="${one.name}">${cell}</td>`
      })}
    </tr>`
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${columns.map((one) => html`<th scope="col" class="${kindOf(one, one.name)}">${one.name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(rowOf)}
      </tbody>
    </table>
  </div>`
}
