import { Type, type Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { eraseFailures } from '../history/failures.ts'
import { keys } from '../redis/keys.ts'
import type { Keyring } from '../keyring.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { createScript } from '../redis/script.ts'
import type { FallbackRules } from '../config/fallback-rules.ts'
import { phoneOf, type Send } from './send.ts'

/** The mail address that gets the codes of a phone if SMS fails, and when a back end verified the address. */
const Contact = Type.Object({ email: Type.String(), verifiedAt: Type.String() })
export type Contact = Static<typeof Contact>

/**
 * The contacts that back ends store for phones, encrypted in Redis and bound to the phone: a text that is copied to
 * another phone cannot be decrypted. Only a back end writes contacts, because an anonymous caller could otherwise
 * choose an address and receive another person's code. Every method throws StoreError when Redis does not answer.
 */
export function createContacts(redis: RedisClient, keyring: Keyring) {
  const eraseScript = createScript(redis, new URL('./lua/erase.lua', import.meta.url))
  const owner = (ph: string) => `contact|${ph}`
  return {
    async put(mobile: string, contact: Contact): Promise<void> {
      const ph = keyring.pseudonym(mobile)
      const sealed = keyring.seal(JSON.stringify(contact), owner(ph))
      await asStoreError('contact put', redis.set(keys.contact(ph), sealed))
    },

    /** Null if there is no contact. @throws MissingKeyError if the key ring lacks the contact's encryption key */
    async find(mobile: string): Promise<Contact | null> {
      const ph = keyring.pseudonym(mobile)
      const sealed = await asStoreError('contact find', redis.get(keys.contact(ph)))
      const clear = sealed === null ? null : keyring.open(sealed, owner(ph))
      return clear === null ? null : Value.Parse(Contact, JSON.parse(clear))
    },

    /** Whether the phone with this pseudonym has a contact. */
    async has(ph: string): Promise<boolean> {
      return (await asStoreError('contact has', redis.exists(keys.contact(ph)))) === 1
    },

    /** Deletes all data about a phone. Answers the names of what was deleted, such as `code:login`. */
    async erase(mobile: string, scenes: readonly string[]): Promise<string[]> {
      const ph = keyring.pseudonym(mobile)
      const all = keys.ofPhone(ph, scenes)
      const { rows } = await eraseScript(all)
      const hadFailures = await eraseFailures(redis, ph)
      const erased = rows.map((row) => all[row.number('index') - 1] ?? '')
      const names = erased.map((key) => key.slice(key.indexOf('}:') + 2))
      return hadFailures ? [...names, 'failures'] : names
    },
  }
}
export type Contacts = ReturnType<typeof createContacts>

/** What decides whether a send may move to e-mail. */
export type FallbackDeps = { rules: FallbackRules; contacts: Pick<Contacts, 'has'> }

/** Whether the scene of a send allows e-mail and its phone has a contact. @throws StoreError */
export const mayMoveToEmail = async (
  { rid, scene }: Send,
  { rules, contacts }: FallbackDeps,
): Promise<boolean> => rules.mayFallBack(scene) && contacts.has(phoneOf(rid))
