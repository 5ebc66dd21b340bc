// What a token of the demo or of a test asks for. A token is a word and parameters, separated by two hyphens:
// `pass-1--hostname-shop.example--action-login--score-0.3`. The word begins with `pass`, `fail`, `slow`, `broken` or the
// name of an answer fault, then a hyphen and anything that makes the token unique.
import { answerFault, type AnswerFault } from '../vendor-faults.ts'

const SLOW_MS = 10_000

export type Token = {
  passes: boolean
  fault?: AnswerFault
  /** Undefined for a parameter that the token does not have. */
  parameter(name: string): string | undefined
}

/** Null when the word is unknown. */
export function readToken(text: string): Token | null {
  const [word = '', ...parameters] = text.split('--')
  const [kind = ''] = word.split('-')
  const parameter = (name: string) =>
    parameters.find((one) => one.startsWith(`${name}-`))?.slice(name.length + 1)
  if (kind === 'pass') return { passes: true, parameter }
  if (kind === 'fail') return { passes: false, parameter }
  const delayMs = Number(parameter('ms') ?? (kind === 'slow' ? SLOW_MS : 0))
  const name = { slow: 'accept', broken: 'html' }[kind] ?? kind
  const fault = Number.isInteger(delayMs) && delayMs >= 0 ? answerFault(name, delayMs) : null
  return fault === null ? null : { passes: true, fault, parameter }
}
