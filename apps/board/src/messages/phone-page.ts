import type { PastRequest } from '@sms-codes/core/history/history'
import { timeOf } from './formats.ts'
import { html, type Html } from './html.ts'
import { column, layout, table, type View } from './layout.ts'
import { outcomeOf } from './request-page.ts'

/** The newest requests of one phone. The page names the phone by its pseudonym only. */
export function phonePage(
  view: View,
  ph: string,
  requests: readonly PastRequest[],
  hasHistory: boolean,
): Html {
  const { say } = view
  const none = say(hasHistory ? 'no_requests' : 'history_off')
  return layout(
    view,
    say('phone'),
    html`<h1>${say('phone')}</h1>
      <p class="id"><code>${ph}</code></p>
      <section>
        <h2>${say('newest_requests')}</h2>
        ${requests.length === 0 ? html`<p class="empty">${none}</p>` : requestTable(view, requests)}
      </section>`,
  )
}

function requestTable(view: View, requests: readonly PastRequest[]): Html {
  const { say, link } = view
  const columns = [
    column(say('time')),
    column(say('outcome')),
    column(say('scene')),
    column(say('attempts')),
    column(say('request')),
  ]
  const rows = requests.map((request) => [
    timeOf(request.at),
    outcomeOf(view, request),
    request.scene,
    attemptsOf(view, request),
    request.requestId === ''
      ? ''
      : html`<a href="${link(`/messages/requests/${request.requestId}`)}"
          >…${request.requestId.slice(-6)}</a
        >`,
  ])
  return table(columns, rows)
}

function attemptsOf({ say }: View, { events }: PastRequest): Html {
  const refused = events.find((event) => event.kind === 'status' && event.status === 'refused')
  if (refused !== undefined)
    return html`${say('refused_times', { n: refused.times })} <code>${refused.code}</code>`
  return html`${events.map((event) =>
    event.kind === 'status'
      ? ''
      : html`<span class="call">${event.gateway} <code>${event.code}</code></span> `,
  )}`
}
