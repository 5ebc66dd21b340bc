// The values of the policy file that are text in the file and are decoded when the file is loaded.
import { Type, type TProperties, type TSchema } from '@sinclair/typebox'
import { parseListEntry } from '../limits/networks.ts'
import type { Window } from '../limits/windows.ts'
import { decoded } from './decoders.ts'

const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400 }
const durationIn = (units: string) => `(0|[1-9][0-9]{0,6})(${units})`
const DURATION = durationIn('s|m|h|d')

function secondsOf(text: string): number {
  const [, digits, unit = ''] = /^([0-9]+)([a-z]+)$/.exec(text) ?? []
  return Number(digits) * (UNITS[unit] ?? Number.NaN)
}

/**
 * A duration such as `5m`, decoded to seconds. The bounds are durations too. Only a duration whose lower bound is in
 * `ms` may have a part of a second, because times in Redis are whole seconds.
 */
export const duration = (from: string, to: string, description: string) =>
  decoded(
    Type.String({
      pattern: `^${from.endsWith('ms') ? durationIn('ms|s|m|h|d') : DURATION}$`,
      description: `${description}; a duration from ${from} to ${to}`,
    }),
    (text) => {
      const seconds = secondsOf(text)
      if (seconds >= secondsOf(from) && seconds <= secondsOf(to)) return seconds
      throw new Error(`must be a duration from ${from} to ${to}`)
    },
  )

/** Limits such as `[1/60s, 5/1h]`, decoded to windows. An empty list is no limit. @param longest duration of a limit */
export const limits = (description: string, longest = '100d') =>
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
      if (windows.some(({ seconds }) => seconds < 1 || seconds > secondsOf(longest)))
        throw new Error(`must have durations from 1s to ${longest}`)
      windows.forEach((one, i) => {
        const stricter = windows.findIndex(
          ({ most, seconds }, j) => j !== i && most <= one.most && seconds >= one.seconds,
        )
        if (stricter >= 0)
          throw new Error(
            `${texts[i]} can never be reached, because ${texts[stricter]} is stricter; remove one`,
          )
      })
      return windows
    },
  )

/** A section with a fixed set of settings. */
export const section = <P extends TProperties>(settings: P, description?: string) =>
  Type.Object(settings, { additionalProperties: false, ...(description !== undefined && { description }) })
/** A section whose names the operator chooses. The description says what a name must be. */
export const named = <S extends TSchema>(name: string, value: S, description: string) =>
  Type.Record(Type.String({ pattern: name }), value, { additionalProperties: false, description })
export const oneOrMore = <S extends TSchema>(item: S, description: string) =>
  Type.Array(item, { minItems: 1, description })

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

/** A list of networks, number segments and pseudonyms of phones. */
export const listEntries = Type.Array(
  decoded(
    text('^[^\\s]+$', 'a network, a number segment such as 170, or the pseudonym of a phone'),
    (entry) => {
      const parsed = parseListEntry(entry)
      if (parsed !== null) return parsed
      throw new Error('must be a network, a number segment such as 170, or the pseudonym of a phone')
    },
  ),
  { description: 'networks, number segments and pseudonyms of phones' },
)

/** A list of addresses and networks, each decoded to the spelling that `createNetworks` takes. */
export const networks = (description: string) =>
  Type.Array(
    decoded(text('^[^\\s]+$', 'an address or a CIDR'), (entry) => {
      const parsed = parseListEntry(entry)
      if (parsed?.kind === 'network') return parsed.text
      throw new Error('must be an address or a CIDR; a network of all addresses (/0) is refused')
    }),
    { description },
  )

/** A day, decoded to its end in UTC, in milliseconds since 1970. */
export const day = (description: string) =>
  decoded(text('^[0-9]{4}-[0-9]{2}-[0-9]{2}$', description), (given) => {
    const end = Date.parse(`${given}T23:59:59Z`)
    // Date.parse reads the 31st of February as a day in March.
    if (!Number.isNaN(end) && new Date(end).toISOString().startsWith(given)) return end
    throw new Error('must be a day such as 2026-12-31')
  })
