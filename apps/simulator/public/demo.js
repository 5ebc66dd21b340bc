// The sign-up form. Error texts come from the API and are shown under the field that the RETCODE is about. A picture is
// valid for one send, so every failed send loads a new one.
import { createApi, randomUuid } from './api.js'
import { createBreakage } from './breakage.js'
import { createContact } from './contact.js'
import { createMailbox } from './mailbox.js'
import { createPhone } from './phone.js'
import { canProve, prove } from './proof.js'
import { createResult } from './result.js'
import { createStatus } from './status.js'
import { createLanguage } from './texts.js'

const find = (id) => document.querySelector(`#${id}`)
const fields = { mobile: find('mobile'), imageCode: find('image-code'), smsCode: find('sms-code') }
const errors = { mobile: find('mobile-error'), imageCode: find('captcha-error'), smsCode: find('send-error') }
const picture = find('captcha-image')
const sendButton = find('send')
const verifyButton = find('verify')

const FIELD_OF_RETCODE = { 4001: 'imageCode', 4007: 'mobile' }

const language = createLanguage()
const { t } = language
const config = await (await fetch('/config.json')).json()
const api = createApi({
  url: config.api_url,
  language: language.current,
  unreachable: (url) => t('unreachable', url),
})
const status = createStatus({ language, ask: api.status, onFailed: askAgain })
const result = createResult({ language })
const phone = createPhone({ language, since: config.newest, onMessage: status.arrived, onPick: fillIn })
const mailbox = createMailbox({ language, since: config.newest, onPick: fillIn })
createContact({
  language,
  isOn: config.stores_contacts,
  mobileOf: typedMobile,
  onAddress: mailbox.belongTo,
})
createBreakage({ language, gateways: config.gateways })
find('docs-link').href = `${config.api_url}/docs`

let uuid = ''
let lastRequest = null
let countdown = null
let isSending = false
let isVerifying = false

function showError(field, text) {
  errors[field].textContent = text
  fields[field].setAttribute('aria-invalid', String(text !== ''))
}

function clearErrors() {
  for (const field of Object.keys(fields)) showError(field, '')
}

function newPicture() {
  uuid = randomUuid()
  fields.imageCode.value = ''
  picture.classList.remove('loaded')
  picture.src = api.imageUrl(uuid)
}

function typedMobile() {
  const mobile = fields.mobile.value.trim()
  if (mobile !== '') return mobile
  requireField('mobile', 'needMobile')
  return null
}

function fillIn(code) {
  fields.smsCode.value = code
  showError('smsCode', '')
  verifyButton.focus()
}

function drawButtons() {
  const left = countdown === null ? 0 : Math.max(0, Math.ceil((countdown.until - performance.now()) / 1000))
  sendButton.disabled = isSending || left > 0
  sendButton.textContent = isSending ? t('sending') : left > 0 ? t('again', left) : t('send')
  verifyButton.disabled = isVerifying
  verifyButton.textContent = t(isVerifying ? 'verifying' : 'verify')
  if (countdown !== null && left === 0) endCountdown()
}

// After a failed send the user may request a new code at once.
function askAgain() {
  endCountdown()
  showError('smsCode', t('failed'))
}

function startCountdown(seconds, isUsedUp) {
  endCountdown()
  const timer = setInterval(drawButtons, 250)
  countdown = { until: performance.now() + seconds * 1000, timer, isUsedUp }
  drawButtons()
}

function endCountdown() {
  if (countdown === null) return
  const { timer, isUsedUp } = countdown
  clearInterval(timer)
  countdown = null
  // The last send used its picture up, so the next send needs another.
  if (isUsedUp) newPicture()
  drawButtons()
}

async function send(readsPicture = true) {
  if (sendButton.disabled) return
  clearErrors()
  result.hide()
  const mobile = fields.mobile.value.trim()
  const imageCode = fields.imageCode.value.trim()
  if (mobile === '') return requireField('mobile', 'needMobile')
  if (readsPicture && imageCode === '') return requireField('imageCode', 'needImageCode')

  isSending = true
  drawButtons()
  const startedAt = performance.now()
  let answer = readsPicture ? await api.send(mobile, { image_code: imageCode, uuid }) : { challenge: 'proof' }
  if (answer.challenge === 'proof') answer = await sendProof(mobile)
  isSending = false

  if (answer.code === '0') {
    lastRequest = { id: answer.request_id, mobile }
    status.follow(answer.request_id, startedAt)
    fields.smsCode.value = ''
    startCountdown(answer.resend_after ?? 60, true)
    fields.smsCode.focus()
    return
  }
  newPicture()
  const field = FIELD_OF_RETCODE[answer.code] ?? 'smsCode'
  showError(field, answer.errmsg)
  if (field !== 'smsCode') fields[field].focus()
  if (answer.retry_after > 0) startCountdown(answer.retry_after, false)
  else drawButtons()
}

// Sends with a proof of work, for a user who skips the picture or when the API asks for more than the picture.
async function sendProof(mobile) {
  if (!canProve()) return { code: '4001', errmsg: t('cannotProve') }
  const challenge = await api.challenge()
  if (challenge.parameters === undefined) return challenge
  const proof = await prove(challenge, (step) => (sendButton.textContent = t('proving', step)))
  return api.send(mobile, { proof })
}

async function verify() {
  if (isVerifying) return
  clearErrors()
  result.hide()
  const mobile = fields.mobile.value.trim()
  const smsCode = fields.smsCode.value.trim()
  if (mobile === '') return requireField('mobile', 'needMobile')
  if (smsCode === '') return requireField('smsCode', 'needSmsCode')

  isVerifying = true
  drawButtons()
  const requestId = lastRequest?.mobile === mobile ? lastRequest.id : null
  const answer = await api.verify(mobile, smsCode, requestId)
  isVerifying = false
  drawButtons()

  if (answer.code === '0') {
    if (requestId !== null) status.verified()
    result.verified(answer)
    return
  }
  fields.smsCode.setAttribute('aria-invalid', 'true')
  fields.smsCode.select()
  result.refused(answer)
}

function requireField(field, text) {
  showError(field, t(text))
  fields[field].focus()
}

picture.addEventListener('load', () => picture.classList.add('loaded'))
picture.addEventListener('error', () => showError('imageCode', t('imageFailed')))
for (const id of ['captcha-button', 'refresh-captcha']) {
  find(id).addEventListener('click', () => {
    showError('imageCode', '')
    // The picture that the user just requested must survive the end of the countdown.
    if (countdown !== null) countdown.isUsedUp = false
    newPicture()
    fields.imageCode.focus()
  })
}
for (const field of Object.keys(fields)) {
  fields[field].addEventListener('input', () => showError(field, ''))
}
for (const field of ['mobile', 'imageCode']) {
  fields[field].addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return
    event.preventDefault()
    void send()
  })
}
fields.mobile.addEventListener('input', () => {
  // The countdown belongs to the number; another number may send at once.
  endCountdown()
  phone.belongTo(fields.mobile.value.trim())
})
sendButton.addEventListener('click', () => void send())
find('no-picture').addEventListener('click', () => void send(false))
find('form').addEventListener('submit', (event) => {
  event.preventDefault()
  void verify()
})
language.onChange(drawButtons)
language.apply()
newPicture()
// After a reload the browser restores the fields.
phone.belongTo(fields.mobile.value.trim())
