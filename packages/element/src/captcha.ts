// What a send needs against programs: a picture, a proof of work, or the token of a captcha service.
import type { Context } from './context.ts'
import { createPicture } from './picture.ts'
import { asksCaptcha, type CaptchaKind } from './state.ts'
import { createToken } from './token.ts'

/** What a send needs besides the number. `compute`: a proof of work that is still to be computed. */
export type Answer = { imageCode: string } | { proof: string } | 'compute'

export function createCaptcha(context: Context, scene: string) {
  const { state, draw, mobile } = context
  const picture = createPicture(context)
  const token = createToken(context, scene)

  return {
    /** Loads what the captcha of the state needs. Until the next send is permitted, that is nothing. */
    prepare(): void {
      if (!asksCaptcha(state, mobile())) return
      if (state.captcha === 'picture') picture.prepare()
      if (state.captcha === 'siteverify') token.prepare()
    },

    refresh: () => picture.refresh(),

    choose(kind: CaptchaKind): void {
      state.captcha = kind
      delete state.errors.captcha
      draw()
    },

    /** A send has spent the picture or the token. */
    spend(): void {
      picture.spend()
      token.spend()
    },

    /** Returns what the user has answered, or shows what is missing and returns null. */
    answer(): Answer | null {
      if (state.captcha === 'proof') return 'compute'
      return state.captcha === 'siteverify' ? token.answer() : picture.answer()
    },

    remove: () => token.remove(),
  }
}
export type Captcha = ReturnType<typeof createCaptcha>
