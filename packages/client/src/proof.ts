import { refusal, type Call } from './calls.ts'
import { toHex } from './hex.ts'
import type { Proof, Refusal } from './results.ts'

/** The parts of a challenge that the work needs. The signed rest goes back to the API as it came. */
export const CHALLENGE = {
  parameters: { algorithm: '', cost: 0, keyLength: 0, keyPrefix: '', nonce: '', salt: '' },
  signature: '',
}
type Challenge = typeof CHALLENGE

/** The API's challenges need at most 500 steps. */
const MAX_STEPS = 5_000

const toBytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))

/**
 * Searches for the counter whose derived key begins with the prefix: about a second of work. Challenge and proof have the
 * format of altcha.
 */
async function prove(challenge: Challenge, onStep?: (step: number) => void): Promise<string> {
  const { algorithm, cost, keyLength, keyPrefix, nonce, salt } = challenge.parameters
  const hash = algorithm.replace('PBKDF2/', '')
  const work = { name: 'PBKDF2', hash, salt: toBytes(salt), iterations: cost }
  for (let counter = 0; counter < MAX_STEPS; counter++) {
    const password = toBytes(nonce + counter.toString(16).padStart(8, '0'))
    const key = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits'])
    const derivedKey = toHex(new Uint8Array(await crypto.subtle.deriveBits(work, key, keyLength * 8)))
    if (derivedKey.startsWith(keyPrefix))
      return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }))
    onStep?.(counter)
  }
  throw new Error('no solution')
}

/** Browsers offer `crypto.subtle` only in pages of HTTPS and of localhost. */
export async function solveProof(call: Call, onStep?: (step: number) => void): Promise<Proof | Refusal> {
  if (!('subtle' in crypto)) return refusal('invalid', 'needs_https')
  const result = await call('/v1/challenges', CHALLENGE)
  return result.ok ? { ok: true, proof: await prove(result.answer, onStep) } : result
}
