// The strip under the form: how far the last request came, asked of the API until it has ended, a minute at most.

const STEPS = ['queued', 'sending', 'sent', 'verified']
const STEP_OF = { queued: 0, sending: 1, sent: 2, delivered: 2, fell_back: 2, verified: 3 }
const ENDED = new Set(['delivered', 'fell_back', 'failed', 'expired'])
const POLL_MS = 500
// A sent message only waits for the vendor's receipt, which takes its time or never comes.
const SENT_POLL_MS = 2000
const GIVE_UP_MS = 60_000

export function createStatus({ language, ask, onFailed }) {
  const strip = document.querySelector('#status')
  const note = document.querySelector('#status-note')
  let request = null

  function draw() {
    const status = request === null ? 'idle' : request.status
    strip.dataset.status = status
    const reached = request === null ? -1 : request.reached
    STEPS.forEach((step, index) => {
      const item = strip.querySelector(`[data-step="${step}"]`)
      const isLast = index === reached
      const broken = isLast && (status === 'failed' || status === 'expired')
      item.className = broken ? 'broken' : index <= reached ? (isLast ? 'done now' : 'done') : ''
      item.querySelector('b').textContent = labelOf(step, broken ? status : isLast ? status : step)
      const at = request?.times[index]
      item.querySelector('small').textContent = at === undefined ? '' : `${(at / 1000).toFixed(2)} s`
    })
    note.textContent =
      request === null ? language.t('statusIdle') : language.t('statusRequest', shorten(request.id))
    if (request === null) note.removeAttribute('title')
    else note.title = request.id
  }

  function labelOf(step, status) {
    if (status === 'failed' || status === 'expired') return language.t(status)
    if (step === 'sending') return language.t('sendingStep')
    if (step === 'verified') return language.t('verifiedStep')
    return step === 'sent' && ENDED.has(status) ? language.t(status) : language.t(step)
  }

  function reach(current, status) {
    const step = STEP_OF[status] ?? Math.min(current.reached + 1, 2)
    current.status = status
    if (step > current.reached) current.times[step] = performance.now() - current.startedAt
    current.reached = Math.max(current.reached, step)
    draw()
  }

  async function poll(current) {
    while (request === current && performance.now() - current.startedAt < GIVE_UP_MS) {
      const answer = await ask(current.id)
      if (request !== current || current.status === 'verified') return
      if (answer.code === '0' && answer.status !== current.status) reach(current, answer.status)
      if (current.status === 'failed') onFailed()
      if (ENDED.has(current.status)) return
      await new Promise((wake) => setTimeout(wake, current.status === 'sent' ? SENT_POLL_MS : POLL_MS))
      if (current.status === 'verified') return
    }
  }

  language.onChange(draw)
  return {
    follow(id, startedAt) {
      request = { id, startedAt, status: '', reached: -1, times: [] }
      reach(request, 'queued')
      void poll(request)
    },
    verified() {
      if (request !== null) reach(request, 'verified')
    },
  }
}

function shorten(id) {
  return id.length > 20 ? `${id.slice(0, 8)}…${id.slice(-6)}` : id
}
