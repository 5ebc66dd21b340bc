// The values of the policy file that are text in the file and are decoded when the file is loaded.
import { Type, type StringOptions } from '@sinclair/typebox'
import type { Window } from '../limits/windows.ts'
import { decoded } from './decoders.ts'

const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400 }
const DURATION = '(0|[1-9][0-9]{0,6})(ms|s|m|h|d)'

function secondsOf(text: string): number {
  const [, digits, unit = ''] = new RegExp(`^${DURATION}$`).exec(text) ?? []
  return Number(digits) * (UNITS[unit] ?? Number.NaN)
}

/** A duration such as `5m`, decoded to seconds. The bounds are durations too. */
export const duration = (from: string, to: string, description: string) =>
  decoded(
    Type.String({
      pattern: `^${DURATION}$`,
      description: `${description}; a duration from ${from} to ${to}`,
    }),
    (text) => {
      const seconds = secondsOf(text)
      if (seconds >= secondsOf(from) && seconds <= secondsOf(to)) return seconds
      throw new Error(`must be a duration from ${from} to ${to}`)
    },
  )

/** Limits such as `[1/60s, 5/1h]`, decoded to windows. An empty list is no limit. */
export const limits = (description: string) =>
  decoded(
    Type.Array(
      Type.String({ pattern: `^[1-9][0-9]{0,6}/${DURATION}$`, description: 'a limit such as 5/1h' }),
      {
        description: `${description}; a list of limits such as [1/60s, 5/1h]`,
      },
    ),
    (texts) => {
      const windows = texts.map((text): Window => {
        const [most = '', time = ''] = text.split('/')
        return { most: Number(most), seconds: secondsOf(time) }
      })
      if (windows.some(({ seconds }) => seconds < 1)) throw new Error('must have durations of 1s or more')
      windows.forEach((one, i) => {
        const stricter = windows.findIndex(({ most, seconds }) => most < one.most && seconds >= one.seconds)
        if (stricter >= 0)
          throw new Error(
            `${texts[i]} can never be reached, because ${texts[stricter]} is stricter; remove one`,
          )
      })
      return windows
    },
  )

/** A list of text of which each is decoded. `decode` throws an Error that says what an entry must be. */
export const listOf = <Value>(
  description: string,
  decode: (text: string) => Value,
  options: StringOptions = {},
) => decoded(Type.Array(Type.String(options), { description }), (texts) => texts.map((text) => decode(text)))

/** One of the words. */
export const oneOf = <const Word extends string>(words: readonly Word[], description: string) =>
  Type.Unsafe<Word>(Type.String({ enum: words, pattern: `^(${words.join('|')})$`, description }))

/** A list of some of the words, each at most once. */
export const someOfThe = <const Word extends string>(words: readonly Word[], description: string) =>
  Type.Array(oneOf(words, `one of ${words.join(', ')}`), { description, uniqueItems: true })

export const text = (pattern: string, description: string) => Type.String({ pattern, description })
export const flag = (description: string) => Type.Boolean({ description })
export const whole = (minimum: number, maximum: number, description: string) =>
  Type.Integer({ minimum, maximum, description })
