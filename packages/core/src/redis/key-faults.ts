import { codeKeyName, keyFingerprints, type KeyringOptions } from '../keyring.ts'
import { asStoreError, type RedisClient } from './connect.ts'
import { keys } from './keys.ts'
import { createScript } from './script.ts'

const REST = 'docs/operations.md explains a planned change'
const PHONE_FAULT = `PHONE_KEY: differs from the key of the other processes, so this process would find no phone; use their key (${REST})`
const codeFault = (name: string) =>
  `CODE_KEYS: the other processes have another key under the id "${name.slice(codeKeyName('').length)}"; use their key, or give a new key a new id (${REST})`

/**
 * Compares the keys of this process with those of the other processes, by fingerprints in Redis. The first process
 * that has a key stores its fingerprint. After Redis lost its data, the next comparison stores the fingerprints again.
 * @param isShared false for a command that must not be the first process
 * @returns one line per key that differs, `NAME: what is wrong` @throws StoreError
 */
export async function keyFaults(
  redis: RedisClient,
  options: KeyringOptions,
  isShared = true,
): Promise<string[]> {
  const own = keyFingerprints(options).flatMap(({ name, fingerprint }) => [name, fingerprint])
  const { rows } = await shareKeys(redis)([keys.fingerprints], [isShared ? 1 : 0, ...own])
  return rows.map((row) => (row.text('name') === 'PHONE_KEY' ? PHONE_FAULT : codeFault(row.text('name'))))
}

// Every /readyz and every check of a worker compares the keys, so each connection reads the file of the script only once.
const scripts = new WeakMap<RedisClient, ReturnType<typeof createScript>>()
function shareKeys(redis: RedisClient) {
  const script = scripts.get(redis) ?? createScript(redis, new URL('./lua/share-keys.lua', import.meta.url))
  scripts.set(redis, script)
  return script
}

/** Whether a process has used a code key with this id. @throws StoreError */
export const isKeyUsed = async (redis: RedisClient, kid: string): Promise<boolean> =>
  (await asStoreError('key used', redis.hexists(keys.fingerprints, codeKeyName(kid)))) === 1
