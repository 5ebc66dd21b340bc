import type { CodeKey } from '../keyring.ts'
import { isUnique, list } from './decoders.ts'
import { throwFaults } from '../throw-faults.ts'
import type { Check } from './load.ts'

const KEY = '32 random bytes in base64, as openssl rand -base64 32 prints them'

export function parseKey(text: string): Buffer {
  const key = readKey(text)
  if (key === null) throw new Error(`must be ${KEY}`)
  return key
}

/** Parses `k2:…,k1:…`, the keys that seal and digest codes, newest first. */
export function parseCodeKeys(text: string): CodeKey[] {
  const keys = list(text).map((entry): CodeKey => {
    const [, kid, base64 = ''] = /^([a-z0-9]{1,8}):(.*)$/.exec(entry) ?? []
    const key = readKey(base64)
    if (kid === undefined || key === null)
      throw new Error(`must be a comma list of id:key; an id is 1 to 8 of a-z and 0-9, a key is ${KEY}`)
    return { kid, key }
  })
  throwFaults([
    !isUnique(keys.map(({ kid }) => kid)) && 'two keys have the same id',
    !isUnique(keys.map(({ key }) => key.toString('base64'))) && 'two ids have the same key',
  ])
  return keys
}

function readKey(text: string): Buffer | null {
  const key = Buffer.from(text, 'base64')
  // 32 random bytes contain about 30 distinct values. A key of zeros or of a repeated pattern contains far fewer.
  return /^[A-Za-z0-9+/]{43}=$/.test(text) && new Set(key).size >= 8 ? key : null
}

type KeyValues = { PHONE_KEY: Buffer; CODE_KEYS: CodeKey[] }

export const checkKeys: Check<KeyValues> = ({ PHONE_KEY, CODE_KEYS = [] }) => [
  CODE_KEYS.some(({ key }) => PHONE_KEY?.equals(key)) &&
    'CODE_KEYS: a key is the same as PHONE_KEY; make a new one',
]
