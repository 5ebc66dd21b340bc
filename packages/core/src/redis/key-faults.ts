import { keyFingerprint, type KeyringOptions } from '../keyring.ts'
import { asStoreError, type RedisClient } from './connect.ts'
import { keys } from './keys.ts'

const REST = 'docs/operations.md explains a planned change'
const PHONE_FAULT = `PHONE_KEY: differs from the key of the other processes, so this process would find no phone; use their key (${REST})`
const codeFault = (kid: string) =>
  `CODE_KEYS: the other processes have another key under the id "${kid}"; use their key, or give a new key a new id (${REST})`
const codeKeyName = (kid: string) => `CODE_KEYS ${kid}`

/** The fingerprint of each key, by its name. */
export const keyFingerprints = ({ phoneKey, codeKeys }: KeyringOptions): Record<string, string> => ({
  PHONE_KEY: keyFingerprint(phoneKey),
  ...Object.fromEntries(codeKeys.map(({ kid, key }) => [codeKeyName(kid), keyFingerprint(key)])),
})

/**
 * Compares the keys of this process with those of the other processes, by fingerprints in Redis. The first process
 * that has a key stores its fingerprint. After Redis lost its data, the next comparison stores the fingerprints again.
 * A process with a wrong key stores nothing.
 * @param isShared false for a command that must not be the first process
 * @returns one line per key that differs, `NAME: what is wrong` @throws StoreError
 */
export async function keyFaults(
  redis: RedisClient,
  { phoneKey, codeKeys }: KeyringOptions,
  isShared = true,
): Promise<string[]> {
  const own = [
    { name: 'PHONE_KEY', fingerprint: keyFingerprint(phoneKey), fault: PHONE_FAULT },
    ...codeKeys.map(({ kid, key }) => ({
      name: codeKeyName(kid),
      fingerprint: keyFingerprint(key),
      fault: codeFault(kid),
    })),
  ]
  async function compare() {
    const names = own.map(({ name }) => name)
    const known = await asStoreError('keys', redis.hmget(keys.fingerprints, ...names))
    const missing = own.filter((_, i) => known[i] === null)
    const wrong = own.filter((key, i) => known[i] !== key.fingerprint && !missing.includes(key))
    return { missing, faults: wrong.map(({ fault }) => fault) }
  }
  const { missing, faults } = await compare()
  if (!isShared || faults.length > 0 || missing.length === 0) return faults
  // If two processes store at once, the first one wins, and the other one finds the difference.
  const storing = missing.map((key) => redis.hsetnx(keys.fingerprints, key.name, key.fingerprint))
  await asStoreError('keys', Promise.all(storing))
  return (await compare()).faults
}

/** Whether a process has used a code key with this id. @throws StoreError */
export const isKeyUsed = async (redis: RedisClient, kid: string): Promise<boolean> =>
  (await asStoreError('key used', redis.hexists(keys.fingerprints, codeKeyName(kid)))) === 1
