// Stores the e-mail address of a phone, which is the task of an application's back end. The page has no API key, so it asks
// the simulator, which plays the back end.

export function createContact({ language, isOn, mobileOf, onAddress }) {
  const { t } = language
  const email = document.querySelector('#email')
  const button = document.querySelector('#save-contact')
  const note = document.querySelector('#contact-note')
  let isSaving = false
  let notice = null

  function draw() {
    button.disabled = isSaving
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
    if (mobile === null) return
    isSaving = true
    draw()
    const failure = await store(mobile, email.value, language.current())
    isSaving = false
    if (failure === null) notify('good', () => t('contactSaved', mobile))
    else notify('bad', () => failure || t('contactFailed'))
  }

  button.hidden = !isOn
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

/** Null when the address was stored, else the API's reason or ''. */
async function store(mobile, email, language) {
  try {
    const answer = await fetch('/demo/contact', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'accept-language': language },
      body: JSON.stringify({ mobile, email }),
    })
    if (answer.status === 204) return null
    const { errmsg, error } = await answer.json()
    return errmsg ?? (answer.status === 400 ? '' : error)
  } catch {
    return ''
  }
}
