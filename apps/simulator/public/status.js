// The strip under the form: the progress of the newest request. The page polls the API until the message has ended, and the
// API gives the time of each step. At the end of its life an unused code expires.
import { clockTimeOf } from './clock.js'

const STEPS = ['queued', 'sending', 'sent', 'arrived', 'verified']
const STEP_OF = { queued: 0, sending: 1, sent: 2, delivered: 3, fell_back: 3, verified: 4 }
const LAST = STEPS.length - 1
const POLL_MS = 500
// A sent message waits only for its delivery receipt, which may be slow or never come.
const SLOW_POLL_MS = 2000

export function createStatus({ language }) {
  const { t } = language
  const strip = document.querySelector('#status')
  const note = document.querySelector('#status-note')
  let request = null
  let recent = []

  function draw() {
    strip.dataset.status = request?.status ?? 'idle'
    STEPS.forEach((step, index) => {
      const item = strip.querySelector(`[data-step="${step}"]`)
      item.className = request === null ? '' : classOf(request, index, gateways())
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
      const by = gateways().map((name) => t(`gateway_${name}`) ?? name)
      return by.length > 0 ? t('sentBy', by.join(' + ')) : t('sent')
    }
    if (step !== 'arrived') return t(step)
    if (looks === 'skipped') return t('noReceipt')
    return t(request !== null && isByMail(request) ? 'fell_back' : 'delivered')
  }

  /** The gateways of the messages that were sent since the request was queued. */
  function gateways() {
    const queued = Date.parse(request?.times.queued)
    return [...new Set(recent.filter(({ at }) => at >= queued).map(({ gateway }) => gateway))]
  }

  function reach(status, { times, channel } = {}) {
    // The delivery receipt may come after the verification and must not replace that status.
    if (request.status !== 'verified') request.status = status
    request.times = times ?? request.times
    request.channel = channel ?? request.channel
    // A status that began and ended between two polls appears only in the times.
    for (const state of [status, ...Object.keys(request.times)])
      request.reached = Math.max(request.reached, STEP_OF[state] ?? -1)
    if (STEP_OF[status] === undefined) breakAt(status)
    draw()
  }

  /** A failed message breaks the step that it did not reach. A code that ended was sent nevertheless. */
  function breakAt(status) {
    const isSent = status !== 'failed' && request.reached >= STEP_OF.sent
    if (isSent) request.reached = LAST - 1
    request.broken = isSent ? LAST : Math.min(request.reached + 1, LAST - 1)
  }

  async function poll(current) {
    while (Date.now() < current.expiresAt) {
      const answer = await current.client.status()
      if (request !== current || hasEnded(current)) return
      if (answer.ok && !isUsed(current, answer.status)) reach(answer.status, answer)
      // The API does not tell this, but the client remembers it over a reload.
      if (answer.ok && current.client.last()?.hasEnded) reach('ended')
      if (hasEnded(current)) return
      const left = Math.max(0, current.expiresAt - Date.now())
      await new Promise((wake) => setTimeout(wake, Math.min(left, pauseAfter(answer.status, left))))
      if (request !== current || hasEnded(current)) return
    }
    if (current.status !== 'verified') reach('expired')
  }

  language.onChange(draw)
  return {
    /** Follows the last send of the client, if its code is still valid. */
    follow(client) {
      const last = client.last()
      if (last === null || last.expiresAt <= Date.now()) return
      const { requestId: id, expiresAt } = last
      const startedAt = performance.now()
      request = { client, id, expiresAt, startedAt, status: '', reached: -1, broken: null, times: {} }
      reach('queued')
      void poll(request)
    },

    /** A message can reach the phone before the page has the answer to its request. */
    arrived(message) {
      recent = [...recent.slice(-9), message]
      draw()
    },

    verified() {
      if (request === null) return
      request.verifiedMs = performance.now() - request.startedAt
      reach('verified')
    },

    /** The code of the last send has expired, or was used or guessed too often. */
    ended(reason) {
      if (request === null) return
      reach(reason === 'code_expired' ? 'expired' : 'ended')
    },
  }
}

function pauseAfter(status, left) {
  if (status === 'delivered' || status === 'fell_back') return left
  return status === 'queued' || status === 'sending' ? POLL_MS : SLOW_POLL_MS
}

const isByMail = ({ channel, status, times }) =>
  channel === 'email' || status === 'fell_back' || times.fell_back !== undefined

const hasEnded = ({ status }) => status === 'failed' || status === 'expired' || status === 'ended'

/** A used code still expires or fails later, but the user has verified and need not see that. */
const isUsed = (request, status) =>
  request.status === 'verified' && (status === 'expired' || status === 'failed')

function classOf(request, index, gateways) {
  const { reached, broken, times } = request
  if (index === broken) return 'broken'
  if (index > reached) return ''
  if (index === reached && broken === null) return 'done now'
  // E-mail can be the only channel, and a user can enter the code before the delivery receipt comes.
  if (index === 2 && isByMail(request) && times.sent === undefined && gateways.length === 0) return 'skipped'
  if (index === 3 && !isByMail(request) && times.delivered === undefined) return 'skipped'
  return 'done'
}

/** The time of day for the first step; for the others the seconds since then. */
function timeText({ times, status, verifiedMs }, step, looks) {
  if (looks === '' || looks === 'skipped' || times.queued === undefined) return ''
  if (step === 'queued') return clockTimeOf(Date.parse(times.queued))
  const states = looks === 'broken' ? [status] : step === 'arrived' ? ['fell_back', 'delivered'] : [step]
  const at = states.map((one) => times[one]).find((one) => one !== undefined)
  const ms = at === undefined ? undefined : Date.parse(at) - Date.parse(times.queued)
  const shown = step === 'verified' ? verifiedMs : ms
  return shown === undefined ? '' : `+${(shown / 1000).toFixed(2)} s`
}

function shorten(id) {
  return id.length > 20 ? `${id.slice(0, 8)}…${id.slice(-6)}` : id
}
