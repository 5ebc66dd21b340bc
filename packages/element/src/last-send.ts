// What the form shows of the last send: the wait of its number, the progress of its message, and the code in it. The send
// may be that of another form: before a reload, before a reset, or of an element that the page has replaced.
import type { LastSend as Send } from '@sms-codes/client'
import { sends } from './calls-under-way.ts'
import type { Context } from './context.ts'
import { createProgress } from './progress.ts'
import { awaitMessage } from './web-otp.ts'

export type ResumeOptions = {
  /** Whether the number of the last send appears in the empty field. */
  fillsNumber: boolean
}

/** Reads the code from the message of the last send, where the browser can. */
function createCodeReader({ state, isOwnMessage }: Context, onCode: (code: string) => void) {
  let stop = () => {}
  return {
    start(): void {
      stop()
      if (!isOwnMessage()) return
      stop = awaitMessage((code) => {
        // The message is for the number of the last send, and each wrong code costs a guess.
        if (!state.isDisabled && isOwnMessage()) onCode(code)
      })
    },
    stop: () => stop(),
  }
}

/** Tells whether the send of a form before this one has no answer yet. A later send of another form is not taken over. */
function createTakeOver({ host }: Context, sourceId: string): () => boolean {
  let sending = sends.join(sourceId, host)
  const end = () => {
    sending = undefined
  }
  sending?.then(end, end)
  return () => sending !== undefined
}

/** @param onCode gets the code that the browser reads from the message */
export function createLastSend(context: Context, sourceId: string, onCode: (code: string) => void) {
  const { client, state, nodes, draw, isOwnMessage } = context
  const progress = createProgress(context)
  const reader = createCodeReader(context, onCode)
  const takesOver = createTakeOver(context, sourceId)
  /** The request id of the last send that the form knows. */
  let known = ''
  let fillsNumber = false
  let stopCountdown = () => {}

  function fill({ mobile }: Send): void {
    if (fillsNumber && nodes.mobile.value === '') nodes.mobile.value = mobile
  }

  function follow({ requestId, hasEnded }: Send, ms: number): void {
    if (requestId !== known) state.progress = ''
    if (requestId === '') return
    // The status does not tell that wrong guesses have ended the code. It only says that the message was sent.
    if (hasEnded) {
      state.errors.code = (texts) => texts.codeEnded
      return
    }
    progress.follow(ms)
    reader.start()
  }

  function onTick(seconds: number, mobile: string): void {
    state.wait = { mobile, seconds }
    const last = client.last()
    if (last !== null && last.requestId !== known) {
      if (takesOver()) fill(last)
      if (takesOver() || isOwnMessage()) follow(last, 1_000)
      known = last.requestId
    }
    draw()
  }

  return {
    /** Begins, or goes on after a pause. */
    resume(options: ResumeOptions = { fillsNumber: false }): void {
      fillsNumber = options.fillsNumber
      const last = client.last()
      if (last !== null) {
        fill(last)
        if (isOwnMessage()) follow(last, 0)
        known = last.requestId
      }
      stopCountdown = client.countdown(onTick)
    },

    /** The code can no longer be verified. */
    endCode(): void {
      progress.stop()
      state.progress = ''
    },

    pause(): void {
      stopCountdown()
      reader.stop()
      progress.stop()
    },
  }
}
export type LastSend = ReturnType<typeof createLastSend>
