// The mailbox under the phone: the mails to the entered address since the page was opened, newest first. A mail is shown
// as text; its HTML is never used.
import { timeOf } from './clock.js'

const KEPT = 20

export function createMailbox({ language, since, onPick }) {
  const { t } = language
  const list = document.querySelector('#mails')
  const empty = document.querySelector('#mail-empty')
  let address = ''
  let events = null

  function label() {
    empty.hidden = list.childElementCount > 0
    empty.textContent = t(address === '' ? 'mailNoAddress' : 'mailWaiting')
    for (const button of list.querySelectorAll('[data-code]')) {
      button.textContent = t('pick', button.dataset.code)
    }
  }

  function show(mail) {
    list.prepend(drawMail(mail, onPick))
    while (list.childElementCount > KEPT) list.lastElementChild.remove()
    label()
  }

  language.onChange(label)
  return {
    belongTo(next) {
      if (next === address) return
      address = next
      events?.close()
      list.replaceChildren()
      label()
      if (address === '') return
      const query = new URLSearchParams({ to: address, since })
      events = new EventSource(`/_sim/events?${query}`)
      events.addEventListener('mail', (event) => show(JSON.parse(event.data)))
    },
  }
}

function drawMail(mail, onPick) {
  const item = document.createElement('li')
  item.className = 'letter'
  const from = document.createElement('span')
  from.className = 'letter-from'
  from.textContent = mail.from
  const time = document.createElement('time')
  time.dateTime = new Date(mail.at).toISOString()
  time.textContent = timeOf(mail.at)
  const subject = document.createElement('strong')
  subject.textContent = mail.subject
  const text = document.createElement('p')
  text.textContent = (mail.text ?? '').trim()
  item.append(from, time, subject, text)
  if (mail.code !== null) {
    const pick = document.createElement('button')
    pick.type = 'button'
    pick.className = 'secondary'
    pick.dataset.code = mail.code
    pick.addEventListener('click', () => onPick(mail.code))
    item.append(pick)
  }
  return item
}
