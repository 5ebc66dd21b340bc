// Stores the e-mail address of a phone, which is the task of an application's back end. The page has no API key, so it asks
// the simulator, which plays the back end.

export function createContact({ language, isOn, mobileOf, onNoMobile, onAddress }) {
  const { t } = language
  const email = document.querySelector('#email')
  const button = document.querySelector('#save-contact')
  const note = document.querySelector('#contact-note')
  let isSaving = false
  let notice = null

  function draw() {
    // A disabled button would lose the focus.
    button.setAttribute('aria-disabled', String(isSaving))
    button.textContent = t(isSaving ? 'saving' : 'save')
    const text = notice === null ? t(isOn ? 'emailHint' : 'emailOff') : notice.text()
    note.textContent = text
    note.dataset.kind = notice?.kind ?? 'hint'
    email.setAttribute('aria-invalid', String(notice?.kind === 'bad'))
  }

  function notify(kind, text) {
    notice = { kind, text }
    draw()
  }

  async function save() {
    if (isSaving) return
    if (email.value === '' || !email.checkValidity()) {
      notify('bad', () => t('needEmail'))
      email.focus()
      return
    }
    const mobile = mobileOf()
    if (mobile === '') {
      notify('bad', () => t('needMobile'))
      onNoMobile()
      return
    }
    isSaving = true
    draw()
    const refusal = await store(mobile, email.value)
    isSaving = false
    if (refusal === null) notify('good', () => t('contactSaved', mobile))
    else notify('bad', () => t('contactFailed', t(`contact_${refusal}`) ?? refusal))
  }

  // Until here, a submit would load the page again, with the address in its URL.
  button.disabled = button.hidden = !isOn
  email.addEventListener('input', () => {
    notice = null
    draw()
    onAddress(addressIn(email))
  })
  document.querySelector('#contact').addEventListener('submit', (event) => {
    event.preventDefault()
    if (isOn) void save()
  })
  language.onChange(draw)
  // After a reload the browser restores the field.
  onAddress(addressIn(email))
}

function addressIn(email) {
  return email.checkValidity() ? email.value : ''
}

/** Null when the address was stored, else the RETCODE of the API, the code of a validation by Fastify, or the HTTP status. */
async function store(mobile, email) {
  try {
    const answer = await fetch('/demo/contact', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ mobile, email }),
    })
    if (answer.status === 204) return null
    return (await answer.json()).code ?? String(answer.status)
  } catch {
    return 'unreachable'
  }
}
