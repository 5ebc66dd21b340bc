// One form: its nodes, its state and its steps.
import { createCaptcha } from './captcha.ts'
import { createContext } from './context.ts'
import { createFields } from './fields.ts'
import type { Language } from './language.ts'
import { createLastSend, type ResumeOptions } from './last-send.ts'
import { listen } from './listen.ts'
import { createLoadScene } from './load-scene.ts'
import { createSend } from './send.ts'
import type { Source } from './sources.ts'
import { createVerify } from './verify.ts'

type Options = Source & {
  host: HTMLElement
  language: () => Language
  /** Runs after each change, so that the element can tell the form of the page whether a receipt is missing. */
  report: () => void
  /** Runs when the user wants to use another number. */
  startOver: () => void
}

export function createForm({ host, language, report, startOver, ...source }: Options) {
  const { client, baseUrl, scene, id: sourceId } = source
  const context = createContext({ host, client, language, onDraw })
  const { state, nodes, draw } = context
  const fields = createFields(context)
  const captcha = createCaptcha(context, scene)
  const loadScene = createLoadScene(context, { baseUrl, scene })
  const lastSend = createLastSend(context, sourceId, onCode)
  const send = createSend(context, { captcha, loadScene, sourceId })
  const { verify, running, tellVerified } = createVerify(context, { loadScene, lastSend, sourceId })

  function onDraw(): void {
    captcha.prepare()
    report()
  }

  function onCode(code: string): void {
    fields.setCode(code)
    void verify()
  }

  listen(context, { captcha, send, verify, startOver })

  return {
    ...fields,
    sourceId,
    client,
    node: nodes.form,
    draw,
    runningVerify: running,

    /** Begins, or goes on after a pause. */
    resume(options?: ResumeOptions): void {
      if (state.receipt === '') {
        lastSend.resume(options)
        if (state.scene === null) void loadScene()
      }
      draw()
      tellVerified()
    },

    pause: () => lastSend.pause(),

    /** Another form takes the place of this one. */
    leave(): void {
      lastSend.pause()
      captcha.remove()
    },
  }
}
export type Form = ReturnType<typeof createForm>
