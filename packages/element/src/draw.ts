// Draws the state into the nodes.
import { MAX_SHOWN_SECONDS } from './error-text.ts'
import { asksCaptcha, awaitsCode, isWorldwide, otherCaptcha, secondsLeft } from './state.ts'
import type { ErrorPlace, State } from './state.ts'
import type { Nodes } from './template.ts'
import type { Texts } from './texts-zh.ts'

/** A text that stays the same is not written again, or a screen reader could read it again. */
function write(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text
}

/** A button that is off keeps the focus, unlike one with the attribute `disabled`. */
function setInactive(button: HTMLButtonElement, isInactive: boolean): void {
  button.setAttribute('aria-disabled', String(isInactive))
}

function drawLabels(nodes: Nodes, texts: Texts, state: State): void {
  write(nodes.mobileLabel, texts.mobile)
  write(nodes.imageCodeLabel, texts.imageCode)
  write(nodes.smsCodeLabel, texts.smsCode)
  write(nodes.proofNote, texts.proofInstead)
  write(nodes.changeNumber, texts.changeNumber)
  write(nodes.useOther, state.captcha === 'picture' ? texts.useOther : texts.useNext)
  nodes.picture.alt = texts.picture
  nodes.refresh.title = texts.refresh
  nodes.refresh.setAttribute('aria-label', texts.refresh)
  write(nodes.mobileHint, isWorldwide(state) && state.receipt === '' ? texts.mobileHint : '')
}

function drawErrors(nodes: Nodes, texts: Texts, { errors, progress }: State, left: number): void {
  const failed = progress === 'failed' ? texts.failed(left > 0) : ''
  const show = (place: ErrorPlace, error: HTMLElement, input?: HTMLInputElement) => {
    write(error, errors[place]?.(texts) ?? (place === 'send' ? failed : ''))
    input?.setAttribute('aria-invalid', String(errors[place] !== undefined))
  }
  show('mobile', nodes.mobileError, nodes.mobile)
  show('captcha', nodes.captchaError, nodes.imageCode)
  show('send', nodes.sendError)
  show('code', nodes.codeError, nodes.smsCode)
}

function drawButtons(nodes: Nodes, texts: Texts, state: State, left: number): void {
  const { busy, isDisabled, progress } = state
  const isShort = left > 0 && left <= MAX_SHOWN_SECONDS
  const again = progress === '' ? texts.send : texts.sendAgain
  const resting = isShort ? texts.againIn(left) : again
  write(nodes.send, busy === 'sending' || busy === 'computing' ? texts[busy] : resting)
  write(nodes.verify, busy === 'verifying' ? texts.verifying : texts.verify)
  // The next step of the user stands out.
  const isAwaited = awaitsCode(state)
  for (const names of [nodes.send.classList, nodes.send.part]) names.toggle('primary', !isAwaited)
  for (const names of [nodes.verify.classList, nodes.verify.part]) names.toggle('primary', isAwaited)
  setInactive(nodes.send, busy !== '' || left > 0)
  setInactive(nodes.verify, busy !== '')
  for (const control of [nodes.mobile, nodes.imageCode, nodes.smsCode, nodes.send, nodes.verify])
    control.disabled = isDisabled
  for (const button of [nodes.refresh, nodes.useOther, nodes.changeNumber]) button.disabled = isDisabled
}

function statusText({ receipt, progress, scene, errors }: State, texts: Texts): string {
  if (receipt !== '') return texts.verified
  // An error of a later send is newer than the message of an earlier one.
  if (errors.send !== undefined || progress === 'failed') return ''
  if (progress !== '') return texts[progress]
  return scene?.emailFallback === true ? texts.emailMayBeUsed : ''
}

/** @param mobile the typed number */
export function draw(nodes: Nodes, state: State, texts: Texts, language: string, mobile: string): void {
  const left = secondsLeft(state, mobile)
  const isVerified = state.receipt !== ''
  // The texts are in simplified characters, whatever Chinese the page is in.
  nodes.form.lang = language === 'zh' ? 'zh-CN' : 'en'
  drawLabels(nodes, texts, state)
  drawErrors(nodes, texts, state, left)
  drawButtons(nodes, texts, state, left)
  write(nodes.wait, left > MAX_SHOWN_SECONDS ? texts.waitUntil(Date.now() + left * 1000) : '')
  write(nodes.status, statusText(state, texts))
  nodes.status.classList.toggle('done', isVerified)
  nodes.form.classList.toggle('verified', isVerified)
  nodes.smsCode.readOnly = isVerified
  // The answer is about the number that was typed before.
  nodes.mobile.readOnly = isVerified || state.busy !== ''
  nodes.captchaField.hidden = state.captcha === '' || !asksCaptcha(state, mobile)
  nodes.pictureField.hidden = state.captcha !== 'picture'
  nodes.useOther.hidden = otherCaptcha(state) === undefined
  nodes.proofNote.hidden = state.captcha !== 'proof'
  nodes.send.hidden = nodes.verify.hidden = isVerified
  nodes.changeNumber.hidden = !isVerified
}
