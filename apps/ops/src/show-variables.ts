import { textOf } from '@sms-codes/core/config/egress-proxy'
import { parseCodeKeys, parseKey } from '@sms-codes/core/config/keys'
import type { Env } from '@sms-codes/core/config/load'
import { keyFingerprint } from '@sms-codes/core/keyring'
import { VARIABLES } from './variables.ts'

/** Two bytes tell secrets apart, and too many secrets share them to confirm a guess of a password. */
const shortPrint = (secret: Buffer) => `${keyFingerprint(secret).slice(0, 4)}…`

/** Masks the login and the options of an address. A faulty address is masked up to its last @. */
export const maskAddress = (address: string): string =>
  address.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1***@').replace(/[?#].*$/s, '?***')

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i

const showPlain = (value: string) => (SCHEME.test(value) ? maskAddress(value) : value)

function showSecret(name: string, value: string): string {
  if (name === 'SMTP_URL') return SCHEME.test(value) ? maskAddress(value) : 'set, but faulty'
  try {
    // These fingerprints begin as those in Redis, by which the processes compare their keys.
    if (name === 'PHONE_KEY') return `set (fingerprint ${shortPrint(parseKey(value))})`
    if (name === 'CODE_KEYS') {
      const prints = parseCodeKeys(value).map(({ kid, key }) => `${kid} ${shortPrint(key)}`)
      return `set (fingerprints ${prints.join(', ')})`
    }
  } catch {
    return 'set, but faulty'
  }
  return `set (fingerprint ${shortPrint(Buffer.from(value))})`
}

/** The id of an access key is no secret at the vendor. It is hidden as well, because it names an account. */
const ACCESS_ID = /(KEY|SECRET)_ID$/

/**
 * Every variable of our processes with its value in this environment. A secret is shown by its fingerprint, and an address
 * without its login. `from`: where the value comes from, '' for a variable that is not set.
 */
export function showVariables(env: Env) {
  return VARIABLES.map(([name, processes, fallback, isSecret]) => {
    const given = textOf(env, name) || undefined
    const value = given ?? (fallback || undefined)
    const from = value === undefined ? '' : given === undefined ? 'default' : 'environment'
    if (value === undefined) return { name, value: 'not set', from, processes }
    const isHidden = isSecret || ACCESS_ID.test(name)
    return { name, value: isHidden ? showSecret(name, value) : showPlain(value), from, processes }
  })
}
