import { html, type Html } from './html.ts'
import type { View } from './layout.ts'
import { SEARCH_ROUTE } from './search.ts'
import type { TextName } from './texts.ts'

export type SearchForm = { findsPhones: boolean; fault?: TextName }

/**
 * The form sends what was typed by POST, so that no number is in an address or a log. A form that is shown again after a
 * wrong input does not repeat the input.
 */
export function searchForm({ say, link }: View, { findsPhones, fault }: SearchForm): Html {
  const label = say(findsPhones ? 'search_label' : 'search_label_id')
  const alert = fault === undefined ? '' : html`<p class="fault" role="alert">${say(fault)}</p>`
  return html`<form class="search card" method="post" action="${link(SEARCH_ROUTE)}">
    <label for="sought">${label}</label>
    <div>
      <input
        id="sought"
        name="sought"
        type="text"
        required
        maxlength="100"
        autocomplete="off"
        spellcheck="false"
      />
      <button type="submit">${say('search')}</button>
    </div>
    ${alert}
    <p class="hint">${say(findsPhones ? 'search_hint' : 'search_no_key')}</p>
  </form>`
}
