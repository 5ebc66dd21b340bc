import { endOf, explain } from '@sms-codes/core/history/explain'
import type { HistoryEvent, PastRequest } from '@sms-codes/core/history/history'
import { phoneOf } from '@sms-codes/core/codes/send'
import { spanOf, timeOf } from './formats.ts'
import { html, type Html } from './html.ts'
import { column, layout, numberColumn, pill, table, type View } from './layout.ts'
import { wordFor } from './texts.ts'

const GOOD = ['delivered', 'used', 'accepted', 'taken']
const PLAIN = ['sent', 'fell_back', 'moved', 'replaced', 'duplicate', 'skipped', 'unknown']
const WARN = ['missing', 'ambiguous', 'retry_same', 'no_answer']

/** The tone of a status or of a class. Each name that is in no list means that something was refused or has failed. */
function toneOf(name: string): 'good' | 'bad' | 'warn' | 'plain' {
  if (GOOD.includes(name)) return 'good'
  if (PLAIN.includes(name)) return 'plain'
  return WARN.includes(name) ? 'warn' : 'bad'
}

/** How a request has ended, and for which reason it failed or was refused, in words. */
export function outcomeOf({ say }: View, { events }: PastRequest): Html {
  const end = endOf(events)
  if (end === undefined) return pill('plain', say('status_open'))
  const word = wordFor(say, 'status', end.status)
  return pill(
    toneOf(end.status),
    ['failed', 'refused'].includes(end.status) ? `${word}: ${wordFor(say, 'reason', end.code)}` : word,
  )
}

/** The whole way of one request: what happened in words, and below each call and each status. */
export function requestPage(view: View, id: string, request: PastRequest): Html {
  const { say, lang, link } = view
  const { what, side, advice } = explain(request, lang)
  const tone = side === 'none' ? 'good' : side === 'ours' ? 'bad' : 'warn'
  const phone = link(`/messages/phones/${phoneOf(id)}`)
  return layout(
    view,
    say('request'),
    html`<h1>${say('request')} ${outcomeOf(view, request)}</h1>
      <p class="id"><code>${id}</code></p>
      <section class="card story ${tone}">
        <p class="what">${what}</p>
        <p><span class="name">${say('side')}</span> ${pill(tone, say(`side_${side}`))}</p>
        <p><span class="name">${say('what_to_do')}</span> ${advice}</p>
      </section>
      <dl class="facts">
        <div>
          <dt>${say('requested')}</dt>
          <dd>${timeOf(request.at)}</dd>
        </div>
        <div>
          <dt>${say('scene')}</dt>
          <dd>${request.scene}</dd>
        </div>
        <div>
          <dt>${say('phone')}</dt>
          <dd><a href="${phone}">${say('same_phone')}</a></dd>
        </div>
        <div>
          <dt>${say('send')}</dt>
          <dd>${say('send_number', { n: request.n })}</dd>
        </div>
      </dl>
      <section>
        <h2>${say('way')}</h2>
        ${wayOf(view, request)}
      </section>`,
  )
}

function wayOf(view: View, { at, events }: PastRequest): Html {
  const { say, lang } = view
  if (events.length === 0) return html`<p class="empty">${say('no_events')}</p>`
  const columns = [
    column(say('time')),
    numberColumn(say('after')),
    column(say('event')),
    column(say('gateway')),
    column(say('channel')),
    column(say('code')),
    numberColumn(say('took')),
    numberColumn(say('times')),
  ]
  const rowOf = (event: HistoryEvent) => {
    const shared = [timeOf(event.at), `+${spanOf(event.at - at, lang)}`]
    const times = event.times === 1 ? '' : `× ${event.times}`
    if (event.kind === 'status')
      return [
        ...shared,
        pill(toneOf(event.status), wordFor(say, 'status', event.status)),
        '',
        '',
        codeOf(view, event),
        '',
        times,
      ]
    const answer = pill(toneOf(event.class), wordFor(say, 'class', event.class))
    const took = event.class === 'skipped' ? '' : spanOf(event.tookMs, lang)
    return [...shared, answer, event.gateway, say(event.channel), codeOf(view, event), took, times]
  }
  return table(columns, events.map(rowOf))
}

/** A reason of ours in words, or a code of a vendor as it is. */
function codeOf({ say }: View, { code }: { code: string }): Html | string {
  if (code === '') return ''
  const word = wordFor(say, 'reason', code)
  return word === code ? html`<code>${code}</code>` : word
}
