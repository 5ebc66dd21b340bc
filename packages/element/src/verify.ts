// Verifies a code.
import type { Refusal, Verified } from '@sms-codes/client'
import { verifies } from './calls-under-way.ts'
import { fail, whileBusy, type Context } from './context.ts'
import { errorOf } from './error-text.ts'
import { isActive } from './focus.ts'
import type { LastSend } from './last-send.ts'
import { checkedMobile } from './number.ts'
import { findCode, isCode } from './read-code.ts'
import { startStopwatch } from './stopwatch.ts'
import { codeLengthOf, type ErrorText } from './state.ts'

/**
 * The text under the code field.
 * @param isOfOther whether the last message of this tab was for another number than that of the verify
 */
function codeErrorOf(refusal: Refusal, isOfOther: boolean): ErrorText {
  const { reason, attemptsLeft } = refusal
  if (isOfOther && reason.startsWith('code_')) return (texts) => texts.codeOfOther
  if (reason === 'code_expired') return (texts) => texts.codeExpired
  if (reason === 'code_ended') return (texts) => texts.codeEnded
  if (reason !== 'code_wrong') return errorOf(refusal)
  return (texts) => (attemptsLeft === undefined ? texts.codeWrong : texts.codeWrongLeft(attemptsLeft))
}

/** Makes the function that tells the page of a verify. While the element shows another scene, the event waits. */
function createTellVerified({ emit, isShown }: Context) {
  let untold: object | undefined

  return (detail = untold): void => {
    untold = isShown() ? undefined : detail
    if (untold === undefined && detail !== undefined) emit('sms-code:verified', detail)
  }
}

type Options = {
  loadScene: () => Promise<void>
  lastSend: LastSend
  /** The API, the scene and the name that the verify belongs to. */
  sourceId: string
}

export function createVerify(context: Context, { loadScene, lastSend, sourceId }: Options) {
  const { host, client, state, nodes, draw, emit, isShown, isOwnMessage } = context
  const tellVerified = createTellVerified(context)

  function accept({ mobile, receipt, requestId, assurance }: Verified): void {
    state.receipt = receipt
    state.receiptAge = startStopwatch()
    // The page may have set another number in the meantime.
    nodes.mobile.value = mobile
    state.errors = {}
    lastSend.pause()
    // The button that has the focus disappears.
    if (isActive(nodes.verify)) nodes.smsCode.focus()
    draw()
    tellVerified({ receipt, requestId, assurance, mobile })
  }

  function refuse(refusal: Refusal): void {
    const { reason } = refusal
    emit('sms-code:refused', refusal)
    const isOwn = isOwnMessage()
    if (isOwn && (reason === 'code_expired' || reason === 'code_ended')) lastSend.endCode()
    if (reason === 'mobile') fail(context, 'mobile', (texts) => texts.mobileRefused)
    else fail(context, 'code', codeErrorOf(refusal, (client.last()?.requestId ?? '') !== '' && !isOwn))
  }

  async function verifyNow(): Promise<void> {
    // Only the scene tells how many digits its codes have.
    if (state.scene === null) await loadScene()
    if (!isShown() || state.scene === null) return
    const length = codeLengthOf(state)
    const mobile = checkedMobile(context)
    if (mobile === null) return
    const { code } = findCode(nodes.smsCode.value, length, client)
    if (!isCode(code, length)) return fail(context, 'code', (texts) => texts.needCode(length))
    const { result, owner } = await verifies.begin(sourceId, host, () => client.verify({ code, mobile }))
    if (!result.ok) refuse(result)
    else if (owner === host) accept(result)
  }

  let running: Promise<void> | undefined

  async function run(act: () => Promise<void>): Promise<void> {
    running = whileBusy(context, 'verifying', act)
    try {
      await running
    } finally {
      running = undefined
    }
  }

  async function verify(): Promise<void> {
    if (state.busy !== '' || state.receipt !== '') return
    delete state.errors.code
    await run(verifyNow)
  }

  /** The page may have replaced the element that began this verify. A refusal says nothing about what the user types now. */
  const before = verifies.join(sourceId, host)
  if (before !== undefined)
    void run(async () => {
      const { result, owner } = await before
      if (result.ok && owner === host) accept(result)
    })

  return { verify, running: () => running, tellVerified }
}
