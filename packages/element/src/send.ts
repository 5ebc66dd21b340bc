// Sends a code.
import type { Refusal, Sent } from '@sms-codes/client'
import { sends } from './calls-under-way.ts'
import type { Answer, Captcha } from './captcha.ts'
import { fail, whileBusy, type Context } from './context.ts'
import { errorOf } from './error-text.ts'
import { checkedMobile } from './number.ts'
import { canShow, secondsLeft, type ErrorPlace, type ErrorText, type State } from './state.ts'

type Options = {
  captcha: Captcha
  /** Asks the API for the scene again. */
  loadScene: () => Promise<void>
  /** The API, the scene and the name that the send belongs to. */
  sourceId: string
}

/**
 * Whether the picture may still be usable. The API checks the number before it. A 503 with a time to wait mostly refuses
 * before it, and a lost request has probably not arrived. A picture that was spent nevertheless gets the reason `captcha`.
 */
const isUnspent = ({ reason, retryAfter }: Refusal) =>
  reason === 'mobile' || reason === 'unreachable' || (reason === 'unavailable' && retryAfter !== undefined)

/** Where the error of a refused send appears, and its text. */
function sendErrorOf(refusal: Refusal, state: State): [ErrorPlace, ErrorText] {
  const { reason } = refusal
  if (reason === 'mobile') return ['mobile', (texts) => texts.mobileRefused]
  if (reason === 'proof_needed' && canShow(state, 'siteverify'))
    return ['captcha', (texts) => texts.needWidget]
  if (reason !== 'captcha') return ['send', errorOf(refusal)]
  if (state.busy === 'computing') return ['send', (texts) => texts.proofFailed]
  const text = state.captcha === 'picture' ? 'imageCodeWrong' : 'needWidget'
  return ['captcha', (texts) => texts[text]]
}

export function createSend(context: Context, { captcha, loadScene, sourceId }: Options) {
  const { host, client, state, nodes, draw, emit, isShown, focus } = context

  async function sendComputed(mobile: string): Promise<Sent | Refusal> {
    state.busy = 'computing'
    draw()
    const proved = await client.solveProof()
    return proved.ok ? client.send({ mobile, proof: proved.proof }) : proved
  }

  async function sendWith(mobile: string, answer: Answer): Promise<Sent | Refusal> {
    if (answer === 'compute') return sendComputed(mobile)
    const sent = await client.send({ mobile, ...answer })
    // The API asks for more than a picture from an address with many attempts.
    return !sent.ok && sent.reason === 'proof_needed' && canShow(state, 'proof') ? sendComputed(mobile) : sent
  }

  function accept(mobile: string, { requestId, resendAfter, expiresIn }: Sent): void {
    // A message before this one may have failed in the meantime.
    state.errors = {}
    nodes.smsCode.value = ''
    captcha.spend()
    focus(nodes.smsCode)
    emit('sms-code:sent', { requestId, mobile, resendAfter, expiresIn })
  }

  function refuse(refusal: Refusal): void {
    emit('sms-code:refused', refusal)
    if (!isUnspent(refusal)) captcha.spend()
    const [place, text] = sendErrorOf(refusal, state)
    if (place === 'captcha' && refusal.reason === 'proof_needed') captcha.choose('siteverify')
    fail(context, place, text)
  }

  async function sendNow(): Promise<void> {
    if (state.scene === null) await loadScene()
    if (!isShown() || state.scene === null) return
    const mobile = checkedMobile(context)
    const answer = mobile === null ? null : captcha.answer()
    if (mobile === null || answer === null) return
    const { result: sent } = await sends.begin(sourceId, host, () => sendWith(mobile, answer))
    if (sent.ok) accept(mobile, sent)
    else refuse(sent)
  }

  return async function send(): Promise<void> {
    if (state.busy !== '' || state.receipt !== '' || secondsLeft(state, context.mobile()) > 0) return
    state.errors = {}
    if (state.progress === 'failed') state.progress = ''
    await whileBusy(context, 'sending', sendNow)
  }
}
