// Finds the faults of a gateway's `messages` in the policy, such as a message without the words that it needs.
import { Type, type TObject } from '@sinclair/typebox'
import type { PolicyFault } from '@sms-codes/core/config/policy-faults'
import { readSettings, type VendorContext } from './entry.ts'
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

export const messageFaults = (input: MessageInput) => [...wordFaults(input), ...coverageFaults(input)]

function wordFaults({ vendor, words, messages }: MessageInput): PolicyFault[] {
  // Coverage decides which words are missing.
  const optional = Type.Partial(words)
  return messages.flatMap(({ scenes: _s, locales: _l, countries: _c, ...given }, i) =>
    readSettings(optional, given, vendor).faults.map(({ at, says }) => ({
      at: ['messages', i, ...at],
      says,
    })),
  )
}

/**
 * Every scene, country and locale needs an entry with all words, whose minutes are the life of the scene's codes. Faults
 * with the same cause are one fault, which names the first message that it concerns.
 */
function coverageFaults({ messages, countries, needed, context }: MessageInput): PolicyFault[] {
  const faults = new Map<string, PolicyFault & { of: string; more: number }>()
  const add = (at: PolicyFault['at'], says: string, of: string) => {
    const key = `${at.join('.')}: ${says}`
    faults.set(key, { at, says, of: faults.get(key)?.of ?? of, more: (faults.get(key)?.more ?? -1) + 1 })
  }
  for (const { name: scene, lifeSeconds } of context.scenes)
    for (const country of countries)
      for (const locale of context.locales) {
        const words = findWording(messages, { scene, country, locale })
        const at = words === undefined ? ['messages'] : ['messages', messages.indexOf(words)]
        const lacks = needed(country).filter((word) => field(words, word) === undefined)
        const of = `scene ${scene}, country ${country}, locale ${locale}`
        if (lacks.length > 0) add(at, `lacks ${lacks.join(' and ')}`, of)
        else if (words?.minutes !== undefined && words.minutes * 60 !== lifeSeconds)
          add([...at, 'minutes'], minutesFault(lifeSeconds), of)
      }
  return [...faults.values()].map(({ at, says, of, more }) => ({
    at,
    says: `${says} for ${of}${more > 0 ? `, and for ${more} more` : ''}`,
  }))
}

const minutesFault = (lifeSeconds: number) =>
  lifeSeconds % 60 === 0
    ? `must be ${lifeSeconds / 60}, the life of the code,`
    : `cannot be the life of the code, ${lifeSeconds} s; give the scene a life of whole minutes`
