// The sign-up page. `<sms-code>`, which the API serves, asks for the number and the code. This page shows around it what
// the rest of the system does: the phone, the mailbox, the progress of a request, and the back end that gets the receipt.
import { createBreakage } from './breakage.js'
import { createContact } from './contact.js'
import { createMailbox } from './mailbox.js'
import { createPhone } from './phone.js'
import { createReceipt } from './receipt.js'
import { createStatus } from './status.js'
import { createLanguage } from './texts.js'

const element = document.querySelector('sms-code')
const language = createLanguage()
// An English page gets English messages. Without a locale, the country of the number chooses among the Chinese texts.
language.onChange(() => {
  if (language.current() === 'en') element.setAttribute('locale', 'en')
  else element.removeAttribute('locale')
})
// The texts of the page do not wait for the API.
language.apply()
const config = await (await fetch('/config.json')).json()
const isDefined = await loadElement(`${config.api_url}/element.js`)

const status = createStatus({ language })
const receipt = createReceipt({ language, isOn: config.plays_back_end, scene: element.getAttribute('scene') })
const since = sinceFirstVisit(config.newest)
const phone = createPhone({ language, since, onMessage: status.arrived, onPick: fillIn })
const mailbox = createMailbox({ language, since, onPick: fillIn })
createContact({
  language,
  isOn: config.plays_back_end,
  mobileOf: typedMobile,
  onNoMobile: () => element.focus(),
  onAddress: mailbox.belongTo,
})
createBreakage({ language, gateways: config.gateways })
document.querySelector('#docs-link').href = `${config.api_url}/docs`

/** Without the API there is no element. The page then says so, and its other parts still work. */
async function loadElement(url) {
  const note = document.querySelector('#element-missing')
  const draw = () => (note.textContent = language.t('unreachable', config.api_url))
  try {
    await import(url)
    return true
  } catch {
    language.onChange(draw)
    note.hidden = false
    return false
  }
}

function typedMobile() {
  return isDefined ? element.mobile : ''
}

function fillIn(code) {
  element.code = code
  // On a narrow screen the phone is far below the form, so the focus brings the form into view.
  element.shadowRoot?.querySelector('#verify')?.focus()
}

function followNumber() {
  phone.belongTo(typedMobile())
  if (element.receipt === '') receipt.hide()
}

element.addEventListener('input', followNumber)
// The element has a receipt, or dropped it because the user wants to verify another number.
element.addEventListener('change', followNumber)
element.addEventListener('sms-code:sent', () => status.follow(element.client))
element.addEventListener('sms-code:refused', ({ detail: { reason } }) => {
  if (reason === 'code_expired' || reason === 'code_ended') status.ended(reason)
})
element.addEventListener('sms-code:verified', ({ detail }) => {
  status.verified()
  receipt.show(detail)
})

language.apply()
if (isDefined) {
  // A reload restores the number and its request.
  status.follow(element.client)
  followNumber()
}

/** The messages since the first visit of this tab are shown, so a reload does not empty the phone. */
function sinceFirstVisit(newest) {
  try {
    const first = Number(sessionStorage.getItem('since') ?? newest)
    // A simulator that was started again counts from 0.
    const since = first > newest ? newest : first
    sessionStorage.setItem('since', String(since))
    return since
  } catch {
    return newest
  }
}
