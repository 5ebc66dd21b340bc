// What the element shows. A text is stored as a function of the language's texts, so a change of the language changes it.
import type { Scene } from '@sms-codes/client'
import type { Texts } from './texts-zh.ts'

export type ErrorText = (texts: Texts) => string

/** Where an error appears. */
export type ErrorPlace = 'mobile' | 'captcha' | 'send' | 'code'

const KINDS = ['picture', 'proof', 'siteverify'] as const
export type CaptchaKind = (typeof KINDS)[number]

export type State = {
  /** Null until the API has described the scene. */
  scene: Scene | null
  /** The kind of captcha that the form asks for. */
  captcha: '' | CaptchaKind
  busy: '' | 'sending' | 'computing' | 'verifying'
  errors: Partial<Record<ErrorPlace, ErrorText>>
  /** The seconds until this number may get another message. */
  wait: { mobile: string; seconds: number }
  /** How far the message has come. */
  progress: '' | 'onItsWay' | 'sent' | 'sentByEmail' | 'failed' | 'codeExpired'
  receipt: string
  /** The ms since the receipt came. */
  receiptAge: () => number
  isDisabled: boolean
}

export const initialState = (): State => ({
  scene: null,
  captcha: '',
  busy: '',
  errors: {},
  wait: { mobile: '', seconds: 0 },
  progress: '',
  receipt: '',
  receiptAge: () => 0,
  isDisabled: false,
})

/** The length of codes before the API has told it. */
const USUAL_LENGTH = 6

export const codeLengthOf = (state: State): number => state.scene?.codeLength ?? USUAL_LENGTH

/** Whether the scene serves numbers outside mainland China. */
export const isWorldwide = ({ scene }: State): boolean =>
  scene?.countries.some((country) => country !== 'CN') === true

/** The seconds that this number waits. Another number does not wait. */
export const secondsLeft = ({ wait }: State, mobile: string): number =>
  wait.mobile === mobile && mobile !== '' ? wait.seconds : 0

/** Whether a message with a code was sent, or is on its way. */
export const awaitsCode = ({ progress }: State): boolean =>
  progress === 'onItsWay' || progress === 'sent' || progress === 'sentByEmail'

/** Whether the user must answer a captcha before the next message. */
export const asksCaptcha = (state: State, mobile: string): boolean =>
  state.receipt === '' && secondsLeft(state, mobile) === 0

/** The kinds of captcha that the scene accepts and this page can show, in the order of the policy. */
export function captchaKinds({ captcha, siteverify }: Pick<Scene, 'captcha' | 'siteverify'>): CaptchaKind[] {
  const supported = { picture: true, proof: 'subtle' in crypto, siteverify: siteverify !== undefined }
  return captcha.flatMap((kind) => KINDS.filter((one) => one === kind && supported[one]))
}

/** Whether the scene accepts this kind of captcha, and this page can show it. */
export const canShow = ({ scene }: State, kind: CaptchaKind): boolean =>
  scene !== null && captchaKinds(scene).includes(kind)

/** The next kind of captcha that the scene accepts and this page can show. Undefined if there is only one. */
export function otherCaptcha({ scene, captcha }: State): CaptchaKind | undefined {
  const kinds = scene === null ? [] : captchaKinds(scene)
  const next = kinds[(kinds.findIndex((kind) => kind === captcha) + 1) % kinds.length]
  return next === captcha ? undefined : next
}

/** Another number ends the errors of the number and of its send. */
export function endNumberErrors({ errors }: State): void {
  delete errors.send
  delete errors.mobile
}
