// The strip under the form: the progress of the last request. The page polls the API until the request has ended, for at
// most three minutes. The API gives the time of each step; without it the page shows when it learned of the step.
import { clockTimeOf } from './clock.js'

const STEPS = ['queued', 'sending', 'sent', 'arrived', 'verified']
const STEP_OF = { queued: 0, sending: 1, sent: 2, delivered: 3, fell_back: 3, verified: 4 }
const ENDED = new Set(['delivered', 'fell_back', 'failed', 'expired'])
const POLL_MS = 500
// A sent message waits only for its delivery receipt, which may be slow or never come.
const SENT_POLL_MS = 2000
const GIVE_UP_MS = 180_000

export function createStatus({ language, ask, onFailed }) {
  const { t } = language
  const strip = document.querySelector('#status')
  const note = document.querySelector('#status-note')
  let request = null
  let recent = []

  function draw() {
    strip.dataset.status = request?.status ?? 'idle'
    STEPS.forEach((step, index) => {
      const item = strip.querySelector(`[data-step="${step}"]`)
      item.className = request === null ? '' : classOf(request, index)
      item.querySelector('b').textContent = labelOf(step, item.className)
      item.querySelector('small').textContent =
        request === null ? '' : timeText(request, step, item.className)
    })
    note.textContent = request === null ? t('statusIdle') : t('statusRequest', shorten(request.id))
    if (request === null) note.removeAttribute('title')
    else note.title = request.id
  }

  function labelOf(step, looks) {
    if (looks === 'broken') return t(request.status)
    if (step === 'sending') return t('sendingStep')
    if (step === 'verified') return t('verifiedStep')
    if (step === 'sent') {
      if (looks === 'skipped') return t('noSms')
      const by = request?.gateways.map((name) => t(`gateway_${name}`) ?? name) ?? []
      return by.length > 0 ? t('sentBy', by.join(' + ')) : t('sent')
    }
    if (step !== 'arrived') return t(step)
    if (looks === 'skipped') return t('noReceipt')
    return t(request !== null && isByMail(request) ? 'fell_back' : 'delivered')
  }

  function reach(status, answer = {}) {
    const step = STEP_OF[status]
    // The delivery receipt may come after the verification and must not replace that status.
    if (request.status !== 'verified') request.status = status
    request.times = answer.times ?? request.times
    request.channel = answer.channel ?? request.channel
    // A status that began and ended between two polls appears only in the times.
    for (const state of Object.keys(answer.times ?? {}))
      request.reached = Math.max(request.reached, STEP_OF[state] ?? -1)
    if (step === undefined) request.broken = Math.min(request.reached + 1, 3)
    else request.reached = Math.max(request.reached, step)
    request.heard[status] ??= performance.now() - request.startedAt
    draw()
  }

  /** Adds the gateway of a message that was sent after the request began. */
  function addGateway({ gateway, at }) {
    if (request === null || at < performance.timeOrigin + request.startedAt) return
    if (!request.gateways.includes(gateway)) request.gateways.push(gateway)
    draw()
  }

  async function poll(current) {
    let last = 'queued'
    while (performance.now() - current.startedAt < GIVE_UP_MS) {
      const { code, ...answer } = await ask(current.id)
      if (request !== current) return
      const isOver = ENDED.has(answer.status)
      const isNews = answer.status !== last || answer.times !== undefined
      if (code === '0' && isNews && !(isOver && isVerifiedFirst(current, answer.status)))
        reach(answer.status, answer)
      last = answer.status
      if (current.status === 'failed') onFailed()
      if (isOver) return
      await new Promise((wake) => setTimeout(wake, last === 'sent' ? SENT_POLL_MS : POLL_MS))
      if (request !== current) return
    }
  }

  language.onChange(draw)
  return {
    follow(id, startedAt) {
      request = { id, startedAt, status: '', reached: -1, broken: null, heard: {}, times: {}, gateways: [] }
      reach('queued')
      recent.forEach(addGateway)
      void poll(request)
    },

    /** A message can reach the phone before the page has the answer to its request. */
    arrived(message) {
      recent = [...recent.slice(-9), message]
      addGateway(message)
    },

    verified() {
      if (request !== null) reach('verified')
    },
  }
}

const isByMail = ({ channel, status, times }) =>
  channel === 'email' || status === 'fell_back' || times.fell_back !== undefined

/** A used code still expires or fails later, but the user has verified and need not see that. */
const isVerifiedFirst = (request, status) =>
  request.status === 'verified' && (status === 'expired' || status === 'failed')

function classOf(request, index) {
  const { reached, broken, times, gateways } = request
  if (index === broken) return 'broken'
  if (index > reached) return ''
  if (index === reached) return 'done now'
  // E-mail can be the only channel, and a user can enter the code before the delivery receipt comes.
  if (index === 2 && isByMail(request) && times.sent === undefined && gateways.length === 0) return 'skipped'
  if (index === 3 && !isByMail(request) && !hasArrived(request)) return 'skipped'
  return 'done'
}

const hasArrived = ({ heard, times }) => heard.delivered !== undefined || times.delivered !== undefined

/** The time of day for the first step; for the others the seconds since then. */
function timeText({ heard, times, status }, step, looks) {
  const states = looks === 'broken' ? [status] : step === 'arrived' ? ['fell_back', 'delivered'] : [step]
  const state = states.find((one) => (times[one] ?? heard[one]) !== undefined)
  if (state === undefined || looks === '' || looks === 'skipped') return ''
  const isTold = times[state] !== undefined && times.queued !== undefined
  if (isTold && state === 'queued') return clockTimeOf(Date.parse(times.queued))
  const ms = isTold ? Date.parse(times[state]) - Date.parse(times.queued) : heard[state]
  return ms === undefined ? '' : `+${(ms / 1000).toFixed(2)} s`
}

function shorten(id) {
  return id.length > 20 ? `${id.slice(0, 8)}…${id.slice(-6)}` : id
}
