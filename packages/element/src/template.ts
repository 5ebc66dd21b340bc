// The nodes inside the shadow root. Their order is the order of the Tab key.
import { createNode } from './create-node.ts'

const PLAIN_TEXT = { autocapitalize: 'off', autocorrect: 'off', spellcheck: 'false' }

/** The API refuses large requests. A pasted message with a code is shorter. */
const MAX_LENGTH = '2000'

const createInput = (id: string, described: string, more: Record<string, string>) =>
  createNode('input', { id, part: 'input', 'aria-describedby': described, maxlength: MAX_LENGTH, ...more })
const createButton = (id: string, part: string, more: Record<string, string> = {}) =>
  createNode('button', { id, type: 'button', part: `button ${part}`, class: part, ...more })
const createError = (id: string, more: Record<string, string> = {}) =>
  createNode('p', { id, class: 'error', part: 'error', ...more })
const createNote = (id: string, more: Record<string, string> = {}) =>
  createNode('p', { id, class: 'note', part: 'note', ...more })
const createLabel = (input: HTMLElement) => createNode('label', { for: input.id, part: 'label' })
const createField = (...children: Node[]) => createNode('div', { class: 'field', part: 'field' }, children)

/** Creates the nodes that the steps of the form change, without texts. */
function createParts() {
  const mobile = createInput('mobile', 'mobile-error mobile-hint', {
    type: 'tel',
    autocomplete: 'tel',
    enterkeyhint: 'send',
  })
  const imageCode = createInput('image-code', 'captcha-error', {
    autocomplete: 'off',
    enterkeyhint: 'send',
    ...PLAIN_TEXT,
  })
  const smsCode = createInput('sms-code', 'code-error', {
    inputmode: 'numeric',
    autocomplete: 'one-time-code',
    enterkeyhint: 'done',
    ...PLAIN_TEXT,
  })
  return {
    mobile,
    mobileLabel: createLabel(mobile),
    mobileError: createError('mobile-error'),
    mobileHint: createNote('mobile-hint'),
    imageCode,
    imageCodeLabel: createLabel(imageCode),
    picture: createNode('img', { id: 'picture', part: 'picture', height: '60' }),
    refresh: createButton('refresh', 'icon'),
    useOther: createButton('use-other', 'link'),
    proofNote: createNote('proof-note'),
    captchaError: createError('captcha-error', { role: 'alert' }),
    send: createButton('send', 'primary', { 'aria-describedby': 'send-error wait' }),
    sendError: createError('send-error', { role: 'alert' }),
    wait: createNote('wait'),
    status: createNote('status', { role: 'status' }),
    smsCode,
    smsCodeLabel: createLabel(smsCode),
    codeError: createError('code-error'),
    verify: createButton('verify', 'primary'),
    changeNumber: createButton('change-number', 'link'),
  }
}

/** Creates the whole form. */
export function createTemplate() {
  const nodes = createParts()
  const { mobile, imageCode, picture, refresh, useOther, proofNote, smsCode } = nodes
  refresh.append('↻')
  const pictureAndButton = createNode('div', { class: 'row' }, [picture, refresh])
  const pictureRow = createNode('div', { class: 'row' }, [imageCode, pictureAndButton])
  const pictureField = createField(nodes.imageCodeLabel, pictureRow)
  const captchaField = createField(
    pictureField,
    createNode('slot', { name: 'widget' }),
    proofNote,
    nodes.captchaError,
    useOther,
  )
  const form = createNode('div', { class: 'form', part: 'form' }, [
    createField(nodes.mobileLabel, mobile, nodes.mobileError, nodes.mobileHint),
    captchaField,
    createField(nodes.send, nodes.sendError, nodes.wait, nodes.status),
    createField(nodes.smsCodeLabel, smsCode, nodes.codeError),
    createField(nodes.verify, nodes.changeNumber),
  ])
  return { ...nodes, pictureField, captchaField, form }
}
export type Nodes = ReturnType<typeof createTemplate>
