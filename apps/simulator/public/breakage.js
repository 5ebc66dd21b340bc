// The switches that order faults for a gateway or the mail server. The simulator keeps the state: the page reads it when it
// opens, and a switch goes back when the simulator refused its order.
import { choiceOf, gatewayChoices, isBreakable, mailChoices } from './faults.js'

const MAIL = 'mail'

export function createBreakage({ language, gateways }) {
  const { t } = language
  const list = document.querySelector('#breakage')
  const error = document.querySelector('#breakage-error')
  const repair = document.querySelector('#repair-all')
  let queue = Promise.resolve()
  let waiting = 0
  let failure = null
  const switches = [...gateways.filter(isBreakable), MAIL].map((name) => {
    const choices = name === MAIL ? mailChoices() : gatewayChoices(name)
    return { ...drawSwitch(name, choices, choose), name, choices, chosen: 'works' }
  })

  function draw() {
    for (const { name, set, title, labels, effect, radios, chosen } of switches) {
      set.dataset.choice = chosen ?? 'other'
      title.textContent = t(`gateway_${name}`)
      for (const [choice, label] of labels) label.textContent = t(choice)
      for (const [choice, radio] of radios) radio.checked = choice === chosen
      effect.textContent = t(name === MAIL ? `effect_mail_${chosen}` : `effect_${chosen}`) ?? ''
    }
    error.textContent = failure === null ? '' : t('breakageFailed', failure)
    repair.disabled = switches.every(({ chosen }) => chosen === 'works')
  }

  // A choice takes two requests, and arrow keys choose faster than the simulator answers. The queue keeps the requests of
  // two choices from mixing.
  function choose(name, choice) {
    waiting += 1
    queue = queue.then(() => apply(name, choice))
    return queue
  }

  async function apply(name, choice) {
    const one = switches.find((candidate) => candidate.name === name)
    failure = await order(name, one.choices.get(choice))
    if (failure === null) one.chosen = choice
    waiting -= 1
    if (waiting === 0) draw()
  }

  async function repairAll() {
    for (const { name, chosen } of switches) if (chosen !== 'works') await choose(name, 'works')
    switches[0].radios.get('works').focus()
  }

  async function loadState() {
    const [gatewayOrders, mailOrders] = await Promise.all([pendingAt('script'), pendingAt('mail_script')])
    for (const one of switches) {
      const orders =
        one.name === MAIL ? mailOrders : gatewayOrders.filter(({ gateway }) => gateway === one.name)
      one.chosen = choiceOf(one.choices, orders)
    }
    draw()
  }

  list.replaceChildren(...switches.map(({ set }) => set))
  repair.addEventListener('click', () => void repairAll())
  language.onChange(draw)
  void loadState()
}

function drawSwitch(name, choices, choose) {
  const set = document.createElement('fieldset')
  set.className = 'switch'
  set.dataset.gateway = name
  const title = document.createElement('legend')
  const row = document.createElement('div')
  row.className = 'choices'
  const effect = document.createElement('p')
  effect.className = 'effect'
  effect.setAttribute('aria-live', 'polite')
  const radios = new Map()
  const labels = new Map()
  for (const choice of choices.keys()) {
    const label = document.createElement('label')
    const radio = document.createElement('input')
    const text = document.createElement('span')
    radio.type = 'radio'
    radio.name = `break-${name}`
    radio.value = choice
    radio.autocomplete = 'off'
    radio.addEventListener('change', () => void choose(name, choice))
    label.append(radio, text)
    row.append(label)
    radios.set(choice, radio)
    labels.set(choice, text)
  }
  set.append(title, row, effect)
  return { set, title, labels, radios, effect }
}

/** Null when the simulator accepted the order, else the reason. */
async function order(name, fault) {
  const isMail = name === MAIL
  const of = isMail ? {} : { gateway: name }
  const path = isMail ? 'mail_script' : 'script'
  const cleared = await post(`${path}/clear`, of)
  return cleared === null && fault !== null ? post(path, { ...of, ...fault, times: 0 }) : cleared
}

async function post(path, body) {
  try {
    const answer = await fetch(`/_sim/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const { error, message } = await answer.json()
    return answer.ok ? null : (message ?? error ?? String(answer.status))
  } catch {
    return location.host
  }
}

async function pendingAt(path) {
  try {
    return (await (await fetch(`/_sim/${path}`)).json()).pending
  } catch {
    return []
  }
}
