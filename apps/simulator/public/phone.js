// The drawn phone: shows the messages to the number in the form. It lists every message since the page was opened, so a
// number that is entered later also shows its earlier messages.
import { timeOf } from './clock.js'

const KEPT = 30
const BANNER_MS = 8000

export function createPhone({ language, since, onMessage, onPick }) {
  const phone = document.querySelector('#phone')
  const list = document.querySelector('#phone-messages')
  const thread = list.parentElement
  const empty = document.querySelector('#phone-empty')
  const emptyText = document.querySelector('#phone-empty-text')
  const owner = document.querySelector('#phone-owner')
  const clock = document.querySelector('#phone-clock')
  let number = ''
  const banner = document.querySelector('#banner')
  const bannerText = document.querySelector('#banner-text')
  let bannerTimer = 0
  let events = null

  function label() {
    owner.textContent = number === '' ? language.t('phoneWithoutNumber') : language.t('phoneOf', number)
    emptyText.textContent = language.t(number === '' ? 'phoneNoNumber' : 'phoneWaiting')
    empty.hidden = list.childElementCount > 0
    for (const bubble of list.querySelectorAll('.message')) {
      bubble.setAttribute('aria-description', language.t('pick', bubble.dataset.code))
    }
    for (const hint of list.querySelectorAll('.hint')) hint.textContent = language.t('pickHint')
  }

  function showBanner(message) {
    clearTimeout(bannerTimer)
    bannerText.textContent = message.text
    banner.dataset.code = message.code
    banner.hidden = false
    bannerTimer = setTimeout(hideBanner, BANNER_MS)
  }

  function hideBanner() {
    banner.hidden = true
  }

  function show(message) {
    showBanner(message)
    onMessage(message)
    list.append(drawMessage(message, pick))
    while (list.childElementCount > KEPT) list.firstElementChild.remove()
    label()
    thread.scrollTo({ top: thread.scrollHeight })
    phone.classList.remove('buzz')
    // Reading a size forces a layout; without it the browser would not restart the animation.
    void phone.offsetWidth
    phone.classList.add('buzz')
  }

  function belongTo(mobile) {
    const next = /^(1[3-9]\d{9}|\+[1-9]\d{6,14})$/.test(mobile) ? mobile : ''
    if (next === number && events !== null) return
    number = next
    events?.close()
    hideBanner()
    list.replaceChildren()
    label()
    if (number === '') return
    events = new EventSource(`/_sim/events?to=${encodeURIComponent(number)}&since=${since}`)
    events.addEventListener('message', (event) => show(JSON.parse(event.data)))
  }

  function pick(code) {
    hideBanner()
    onPick(code)
  }

  function tick() {
    clock.textContent = timeOf(Date.now())
  }

  banner.addEventListener('click', () => pick(banner.dataset.code))
  tick()
  setInterval(tick, 5000)
  language.onChange(label)
  return { belongTo }
}

function drawMessage(message, onPick) {
  const row = document.createElement('li')
  const time = document.createElement('time')
  time.dateTime = new Date(message.at).toISOString()
  time.textContent = timeOf(message.at)

  const bubble = document.createElement('button')
  bubble.type = 'button'
  bubble.className = 'message'
  bubble.dataset.code = message.code
  bubble.dataset.seq = String(message.seq)
  const at = message.text.indexOf(message.code)
  const mark = document.createElement('mark')
  mark.textContent = message.code
  bubble.append(message.text.slice(0, at), mark, message.text.slice(at + message.code.length))
  bubble.addEventListener('click', () => onPick(message.code))

  const hint = document.createElement('span')
  hint.className = 'hint'
  hint.setAttribute('aria-hidden', 'true')
  row.append(time, bubble, hint)
  return row
}
