// Fills the placeholders in the texts of a policy, such as {code}. A doubled brace is a literal brace.
import { CALLING_CODE } from '@sms-codes/core/mobile'
import type { SmsMessage } from '../gateway.ts'
import { digitsOf } from '../number.ts'
import type { Wording } from '../wording.ts'

export const WORDS = ['template', 'sign_name', 'sender'] as const
const NUMBER = ['to', 'digits', 'national', 'country_code'] as const
const CODE = ['code', 'minutes', 'seconds', 'text', 'id', 'scene', 'locale'] as const
export const PLACEHOLDERS = [...NUMBER, ...CODE, ...WORDS]
type Name = (typeof PLACEHOLDERS)[number]

const NUMBER_PARTS = new RegExp(`^\\+(${CALLING_CODE})(.*)$`)
const TOKEN = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g

export const fill = (text: string, valueOf: (name: string) => string) =>
  text.replaceAll(TOKEN, (token: string, name?: string) =>
    name === undefined ? token.charAt(0) : valueOf(name),
  )

/** The names of the placeholders in a text, and each brace that is neither doubled nor part of a placeholder. */
export const placeholdersIn = (text: string) =>
  [...text.matchAll(TOKEN)].flatMap(([token, name = token]) =>
    token.length === 2 && name === token ? [] : name,
  )

/** The value with each text in it changed. The path of a text is given with the text. */
export function mapTexts(
  value: unknown,
  change: (text: string, at: readonly (string | number)[]) => string,
  at: readonly (string | number)[] = [],
): unknown {
  if (typeof value === 'string') return change(value, at)
  if (Array.isArray(value)) return value.map((item: unknown, i) => mapTexts(item, change, [...at, i]))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => [
      key,
      mapTexts(item, change, [...at, key]),
    ]),
  )
}

export function valuesOf(message: SmsMessage, wording: Wording): Record<Name, string> {
  const { mobile: to, minutes, secondsLeft, ...texts } = message
  const [, country_code = '', national = ''] = NUMBER_PARTS.exec(to) ?? []
  return {
    ...texts,
    template: '',
    sign_name: '',
    sender: '',
    ...wording,
    to,
    digits: digitsOf(to),
    national,
    country_code,
    minutes: String(minutes),
    seconds: String(Math.max(1, Math.floor(secondsLeft))),
  }
}
