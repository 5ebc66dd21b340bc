// Chooses the registered words of a message: its template, sign name or sender at one vendor.
import type { GatewayPolicy } from '@sms-codes/core/config/policy-schema'
import type { SmsMessage } from './gateway.ts'

export type Wording = { template?: string; sign_name?: string; sender?: string }

/** One entry of a gateway's `messages`. A condition that is absent holds for every message. */
export type MessagePolicy = NonNullable<GatewayPolicy['messages']>[number]

type Case = Pick<SmsMessage, 'scene' | 'locale' | 'country'>
export type WordingOf = (message: Case) => Wording

export const findWording = (entries: readonly MessagePolicy[], { scene, locale, country }: Case) =>
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
