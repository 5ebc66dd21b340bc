// Asks the API what the element must know about its scene.
import type { Refusal, Scene } from '@sms-codes/client'
import type { Context } from './context.ts'
import { endAway, errorOf } from './error-text.ts'
import { captchaKinds, type ErrorText } from './state.ts'

/** Where the scene is, for the messages to the developer of the page. */
type Address = { baseUrl: string; scene: string }

/** What the developer of the page has to change, or '' if waiting may help. */
function mistakeOf(answer: Scene | Refusal, { baseUrl, scene }: Address): string {
  if (answer.ok) return `this page can show no captcha of the scene "${scene}"`
  const { code, status } = answer
  if (status > 0 && status < 500 && code === '') return `no sms-codes API answers at ${baseUrl}; set base-url`
  return status === 404 ? `the API at ${baseUrl} has no scene "${scene}"` : ''
}

export function createLoadScene({ client, state, draw }: Context, address: Address) {
  let loading: Promise<void> | undefined

  /** The text for the user when the scene cannot be used. The console tells the developer what to change. */
  function errorWithout(answer: Scene | Refusal): ErrorText {
    const mistake = mistakeOf(answer, address)
    if (mistake === '' && !answer.ok) return errorOf(answer)
    console.error(`sms-code: ${mistake}`)
    return (texts) => texts.notSetUp
  }

  async function load(): Promise<void> {
    const scene = await client.scene()
    loading = undefined
    const kind = scene.ok ? captchaKinds(scene)[0] : undefined
    if (scene.ok && kind !== undefined) {
      state.scene = scene
      state.captcha = kind
      endAway(state)
    } else state.errors.send = errorWithout(scene)
    draw()
  }

  /** Calls at the same time share one request. */
  return (): Promise<void> => (loading ??= load())
}
