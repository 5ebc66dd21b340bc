// The token of a captcha service, which the user gets from the widget of the service.
import { fail, type Context } from './context.ts'
import { createWidget, type Widget } from './widget.ts'

export function createToken(context: Context, scene: string) {
  const { host, state, draw } = context
  let widget: Widget | undefined
  let token = ''
  let hasFailed = false

  function onToken(next: string): void {
    token = next
    hasFailed = false
    delete state.errors.captcha
    draw()
  }

  function onFail(): void {
    token = ''
    hasFailed = true
    // The user may have chosen another kind in the meantime.
    if (state.captcha === 'siteverify') state.errors.captcha = (texts) => texts.widgetMissing
    draw()
  }

  function remove(): void {
    token = ''
    hasFailed = false
    widget?.remove()
    widget = undefined
  }

  return {
    prepare(): void {
      const { siteverify } = state.scene ?? {}
      if (siteverify !== undefined)
        widget ??= createWidget(host, siteverify, { action: scene, onToken, onFail })
    },

    spend(): void {
      token = ''
      if (widget?.reset() === false) remove()
    },

    answer(): { proof: string } | null {
      if (token !== '') return { proof: token }
      const missing = hasFailed ? 'widgetMissing' : 'needWidget'
      // A failed widget is loaded again when the form is drawn.
      if (hasFailed) remove()
      fail(context, 'captcha', (texts) => texts[missing])
      return null
    },

    remove,
  }
}
