// Chooses the registered words of a message: its template, sign name or sender at one vendor.
import type { SmsMessage } from './gateway.ts'

export type Wording = { template?: string; sign_name?: string; sender?: string }

/** One entry of a gateway's `messages` in the policy. A condition that is absent holds for every message. */
export type MessagePolicy = Wording & {
  scenes?: readonly string[]
  locales?: readonly string[]
  countries?: readonly string[]
  /** The minutes in the text of the template, for vendors whose templates have no variable for them. */
  minutes?: number
}

type Case = Pick<SmsMessage, 'scene' | 'locale' | 'country'>
export type WordingOf = (message: Case) => Wording

export const findWording = <Entry extends MessagePolicy>(
  entries: readonly Entry[],
  { scene, locale, country }: Case,
): Entry | undefined =>
  entries.find(
    ({ scenes, locales, countries }) =>
      scenes?.includes(scene) !== false &&
      locales?.includes(locale) !== false &&
      countries?.includes(country) !== false,
  )

/** The words of the first entry that fits a message. Without such an entry, the message has no words of its own. */
export const chooseWording =
  (entries: readonly MessagePolicy[] = []): WordingOf =>
  (message) =>
    findWording(entries, message) ?? {}
