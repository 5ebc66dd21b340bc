// The picture of the captcha, whose characters the user types.
import { fail, type Context } from './context.ts'
import { endAway } from './error-text.ts'

export function createPicture(context: Context) {
  const { client, state, nodes, draw } = context
  /** Whether the user can still answer the picture that is shown. */
  let isUnspent = false
  /** Whether the user asked for the picture. A refused send is followed by one, which leaves its error to be read. */
  let isAsked = false

  function load(byUser = false): void {
    isUnspent = true
    isAsked = byUser
    nodes.imageCode.value = ''
    nodes.picture.src = client.imageUrl()
  }

  function mark(isMissing: boolean): void {
    nodes.picture.toggleAttribute('data-missing', isMissing)
    // The user may have chosen another kind in the meantime.
    if (isMissing && state.captcha === 'picture') state.errors.captcha = (texts) => texts.pictureMissing
    draw()
  }
  nodes.picture.addEventListener('load', () => {
    if (isAsked) endAway(state)
    mark(false)
  })
  nodes.picture.addEventListener('error', () => mark(true))

  return {
    prepare(): void {
      if (!isUnspent) load()
    },

    refresh(): void {
      delete state.errors.captcha
      load(true)
      draw()
    },

    spend(): void {
      isUnspent = false
    },

    answer(): { imageCode: string } | null {
      const isMissing = nodes.picture.hasAttribute('data-missing')
      if (isMissing) load()
      const imageCode = client.normaliseCode(nodes.imageCode.value)
      if (imageCode !== '' && !isMissing) return { imageCode }
      fail(context, 'captcha', (texts) => texts.needImageCode)
      return null
    },
  }
}
