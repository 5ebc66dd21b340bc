// The widget of a captcha service. The services cannot draw inside a shadow root, so the widget is a child of the element.
import type { Siteverify } from '@sms-codes/client'
import { createNode } from './create-node.ts'

type WidgetApi = {
  render(node: HTMLElement, options: object): unknown
  reset(id: unknown): void
  /** reCAPTCHA has none. */
  remove?(id: unknown): void
}

const GLOBALS = { turnstile: 'turnstile', hcaptcha: 'hcaptcha', recaptcha: 'grecaptcha' }

const loading = new Map<string, Promise<void>>()

const isWidgetApi = (value: unknown): value is WidgetApi =>
  typeof value === 'object' && value !== null && 'render' in value && 'reset' in value

const hasReady = (value: unknown): value is { ready(then: () => void): void } =>
  typeof value === 'object' && value !== null && 'ready' in value && typeof value.ready === 'function'

/** Loads a script once for all elements of the page. After an error, the next call tries again. */
function loadScript(src: string): Promise<void> {
  const loaded =
    loading.get(src) ??
    new Promise<void>((resolve, reject) => {
      const script = createNode('script', { src, async: '' })
      script.addEventListener('load', () => resolve())
      script.addEventListener('error', () => {
        loading.delete(src)
        script.remove()
        reject(new Error(`sms-code: the script ${src} could not be loaded`))
      })
      document.head.append(script)
    })
  loading.set(src, loaded)
  return loaded
}

async function loadApi({ service, script }: Siteverify): Promise<WidgetApi> {
  const find = (): unknown => Reflect.get(globalThis, GLOBALS[service])
  if (find() === undefined) await loadScript(script)
  // reCAPTCHA has only `ready` when its script has been loaded. `ready` of Turnstile throws in a script like ours.
  const early = find()
  if (service === 'recaptcha' && hasReady(early)) await new Promise<void>((resolve) => early.ready(resolve))
  const api = find()
  if (!isWidgetApi(api)) throw new Error(`sms-code: ${script} has no function render()`)
  return api
}

/** Runs a function of the service, which throws if the page has removed its nodes. Returns whether it ran. */
function runs(act: () => void): boolean {
  try {
    act()
    return true
  } catch (err) {
    console.error(err)
    return false
  }
}

/**
 * @param action the scene: the API can check that a token was made for it
 * @param onToken gets the token, or '' when it has expired
 */
export function createWidget(
  host: HTMLElement,
  siteverify: Siteverify,
  { action, onToken, onFail }: { action: string; onToken: (token: string) => void; onFail: () => void },
) {
  const place = createNode('div', { slot: 'widget' })
  let isRemoved = false
  let reset = () => {}
  let remove = () => {}

  // A service may call back after its widget was removed. A later widget has a token of its own.
  function pass(token: string): void {
    if (!isRemoved) onToken(token)
  }
  function fail(): void {
    if (!isRemoved) onFail()
  }

  async function show(): Promise<void> {
    host.append(place)
    const api = await loadApi(siteverify)
    if (isRemoved) return
    const id = api.render(place, {
      sitekey: siteverify.siteKey,
      action,
      callback: pass,
      'expired-callback': () => pass(''),
      'error-callback': fail,
    })
    reset = () => api.reset(id)
    remove = () => api.remove?.(id)
  }

  show().catch((err: unknown) => {
    console.error(err)
    fail()
  })
  return {
    /** A token is valid once, so each send needs another. Returns false if the page has removed the widget. */
    reset: () => runs(reset),
    remove(): void {
      isRemoved = true
      runs(remove)
      place.remove()
    },
  }
}
export type Widget = ReturnType<typeof createWidget>
