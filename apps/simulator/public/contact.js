// The back end's part of the page: it stores the address that a phone may fall back to. The page has no key for that; it
// asks the simulator, which plays the back end.

export function createContact({ language, isOn, mobileOf, onAddress }) {
  const { t } = language
  const email = document.querySelector('#email')
  const button = document.querySelector('#save-contact')
  const note = document.querySelector('#contact-note')
  let isSaving = false
  let said = null

  function draw() {
    button.disabled = isSaving
    button.textContent = t(isSaving ? 'saving' : 'save')
    const text = said === null ? t(isOn ? 'emailHint' : 'emailOff') : said.text()
    note.textContent = text
    note.dataset.kind = said?.kind ?? 'hint'
    email.setAttribute('aria-invalid', String(said?.kind === 'bad'))
  }

  function say(kind, text) {
    said = { kind, text }
    draw()
  }

  async function save() {
    if (isSaving) return
    if (email.value === '' || !email.checkValidity()) {
      say('bad', () => t('needEmail'))
      email.focus()
      return
    }
    const mobile = mobileOf()
    if (mobile === null) return
    isSaving = true
    draw()
    const failure = await store(mobile, email.value, language.current())
    isSaving = false
    if (failure === null) say('good', () => t('contactSaved', mobile))
    else say('bad', () => failure || t('contactFailed'))
  }

  button.hidden = !isOn
  email.addEventListener('input', () => {
    said = null
    draw()
    onAddress(addressIn(email))
  })
  document.querySelector('#contact').addEventListener('submit', (event) => {
    event.preventDefault()
    if (isOn) void save()
  })
  language.onChange(draw)
  // A browser fills in what was typed before a reload.
  onAddress(addressIn(email))
}

function addressIn(email) {
  return email.checkValidity() ? email.value : ''
}

/** Null when it is stored, else why not, as far as anybody said. */
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
