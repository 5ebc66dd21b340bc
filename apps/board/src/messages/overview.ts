import { byGateway, byReason, byScene, COUNTS, sentBySms, totalOf, type Figures } from './figures.ts'
import { barOf, countOf, percentOf, shareOf, spanOf } from './formats.ts'
import { html, type Html } from './html.ts'
import { layout, type View } from './layout.ts'
import { processList, stateOf } from './overview-state.ts'
import { failureTable, gatewayTable, reasonTable, sceneTable } from './overview-tables.ts'
import { PERIODS, type Overview, type Period } from './read-overview.ts'
import { searchForm, type SearchForm } from './search-form.ts'

const isPeriod = (name: string): name is Period => Object.hasOwn(PERIODS, name)

/** The period with this name; an hour for another name. */
export const periodOf = (name = ''): Period => (isPeriod(name) ? name : '1h')

export function overviewPage(view: View, overview: Overview, form: SearchForm): Html {
  const { say } = view
  const { traffic, answers, period } = overview
  const isEmpty = traffic.length === 0
  return layout(
    view,
    say('title'),
    html`<h1 class="hidden">${say('title')}</h1>
      ${stateOf(view, overview)} ${searchForm(view, form)}
      <nav class="periods" aria-label="${say('window')}">
        ${Object.keys(PERIODS)
          .filter(isPeriod)
          .map((one) => periodLink(view, one, one === period))}
      </nav>
      ${tiles(view, totalOf(traffic))}
      ${
        isEmpty
          ? html`<p class="empty">${say('no_traffic')}</p>`
          : html`<section>
                <h2>${say('by_scene')}</h2>
                ${sceneTable(view, byScene(traffic))}
              </section>
              <section>
                <h2>${say('by_gateway')}</h2>
                ${gatewayTable(view, byGateway(traffic), answers)}
              </section>`
      }
      <div class="pair">
        <section>
          <h2>${say('by_reason')}</h2>
          ${reasonTable(view, byReason(traffic))}
        </section>
        <section>
          <h2>${say('budget')}</h2>
          ${budgetList(view, overview)}
        </section>
      </div>
      <section>
        <h2>${say('newest_failures')}</h2>
        ${failureTable(view, overview)}
      </section>
      <section>
        <h2>${say('processes')}</h2>
        ${processList(view, overview)}
      </section>`,
  )
}

const periodLink = ({ say, link }: View, period: Period, isShown: boolean): Html => {
  const current = isShown ? html`aria-current="true"` : ''
  return html`<a href="${link('/messages', { period })}" ${current}>${say(`last_${period}`)}</a>`
}

function tiles({ say }: View, total: Figures): Html {
  const shares = {
    accepted: null,
    sent: { share: shareOf(total.sent, total.accepted), of: say('of_accepted'), tone: '' },
    delivered: { share: shareOf(total.delivered, sentBySms(total)), of: say('of_sms'), tone: '' },
    verified: { share: shareOf(total.verified, total.sent), of: say('of_sent'), tone: 'good' },
    failed: { share: shareOf(total.failed, total.accepted), of: say('of_accepted'), tone: 'bad' },
  }
  const below = (name: keyof typeof shares) => {
    const part = shares[name]
    if (part === null) return ''
    return html`${barOf(part.share, part.tone)}<small>${percentOf(part.share)} ${part.of}</small>`
  }
  return html`<dl class="tiles">
    ${COUNTS.map(
      (name) =>
        html`<div class="card">
          <dt>${say(name)}</dt>
          <dd>${countOf(total[name])}</dd>
          ${below(name)}
        </div>`,
    )}
  </dl>`
}

function budgetList({ say, lang }: View, { room }: Overview): Html {
  if (room.length === 0) return html`<p class="empty">${say('budget_none')}</p>`
  const line = ({ most, left, seconds }: (typeof room)[number]) => {
    const words = say('budget_left', {
      left: countOf(left),
      most: countOf(most),
      window: spanOf(seconds * 1000, lang),
    })
    const share = shareOf(left, most)
    const tone = left === 0 ? 'bad' : (share ?? 1) < 0.2 ? 'warn' : 'good'
    return html`<li><span>${words}</span><span>${percentOf(share)}</span>${barOf(share, tone)}</li>`
  }
  return html`<ul class="card budget">
    ${room.map(line)}
  </ul>`
}
