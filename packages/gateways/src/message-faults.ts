// Finds the faults of a gateway's `messages` in the policy, such as a message without the words that it needs.
import type { TObject } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { formFault, type PolicyFault, type VendorContext } from './entry.ts'
import { field } from './json.ts'
import { findWording, type MessagePolicy } from './wording.ts'

type MessageInput = {
  vendor: string
  /** The words that an entry may have, with their forms. */
  words: TObject
  messages: readonly MessagePolicy[]
  /** The countries that the gateway serves. */
  countries: readonly string[]
  /** The words that a message to a country needs. */
  needed: (country: string) => readonly string[]
  context: VendorContext
}

const CONDITIONS = ['scenes', 'locales', 'countries'] as const

export function messageFaults(input: MessageInput): PolicyFault[] {
  const { vendor, words, messages, countries, context } = input
  const known = { scenes: context.scenes.map(({ name }) => name), locales: context.locales, countries }
  const wordFault = (key: string, value: unknown) => {
    const form = words.properties[key]
    if (form === undefined) return `is not used by ${vendor}`
    return !Value.Check(form, value) && formFault(form)
  }
  const inEntries = messages.flatMap((message, i) => [
    ...CONDITIONS.flatMap((key) => {
      const unknown = message[key]?.filter((value) => !known[key].includes(value)) ?? []
      const says = `contains values that do not exist or that the gateway does not serve: ${unknown.join(', ')}`
      return unknown.length > 0 ? [{ at: ['messages', i, key], says }] : []
    }),
    ...Object.entries(message).flatMap(([key, value]) => {
      const isCondition = CONDITIONS.some((condition) => condition === key)
      const says = !isCondition && wordFault(key, value)
      return says === false ? [] : [{ at: ['messages', i, key], says }]
    }),
  ])
  return [...inEntries, ...coverageFaults(input)]
}

/** Every scene, country and locale needs an entry with all words, whose minutes are the life of the scene's codes. */
function coverageFaults({ messages, countries, needed, context }: MessageInput): PolicyFault[] {
  return context.scenes.flatMap(({ name: scene, lifeSeconds }) =>
    countries.flatMap((country) =>
      context.locales.flatMap((locale) => {
        const words = findWording(messages, { scene, country, locale })
        const lacks = needed(country).filter((word) => field(words, word) === undefined)
        const at = ['messages', ...(words === undefined ? [] : [messages.indexOf(words)])]
        const of = `scene ${scene}, country ${country}, locale ${locale}`
        if (lacks.length > 0) return [{ at, says: `lacks ${lacks.join(' and ')} for ${of}` }]
        if (words?.minutes === undefined || words.minutes * 60 === lifeSeconds) return []
        const says = `has the minutes ${words.minutes}, but a code lives ${lifeSeconds} s (${of})`
        return [{ at: [...at, 'minutes'], says }]
      }),
    ),
  )
}
