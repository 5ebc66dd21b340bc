import { randomInt } from 'node:crypto'
import { Type, type Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { createChallenge, verifySolution } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import { keys } from '@sms-codes/core/redis/keys'
import type { Keyring } from '@sms-codes/core/keyring'
import { asStoreError, type RedisClient } from '@sms-codes/core/redis/connect'
import type { Answer } from '../http/answers.ts'

/** Longer than any proof, and far less than a body may be. */
export const PROOF_MAX_LENGTH = 2_048

const LIFE_SECONDS = 300
/** A used proof is remembered for longer than it lives, for hosts whose clocks differ. */
const REMEMBER_SECONDS = 2 * LIFE_SECONDS

/**
 * The work: PBKDF2 of 5,000 rounds, at most 500 times and 250 on average. Few long steps rather than many
 * short ones, because a browser pays for each call and a native program does not.
 */
const ROUNDS = 5_000
const MOST_STEPS = 500

/** As the altcha widget reads it. */
export const Challenge = Type.Object(
  {
    parameters: Type.Object({
      algorithm: Type.String(),
      cost: Type.Integer({ description: 'rounds of each step' }),
      expiresAt: Type.Integer({ description: 'seconds since 1970' }),
      keyLength: Type.Integer(),
      keyPrefix: Type.String({ description: 'hex; how the derived key begins where the work is done' }),
      keySignature: Type.String(),
      nonce: Type.String({ description: 'hex; with the counter behind it, the password of a step' }),
      salt: Type.String({ description: 'hex' }),
    }),
    signature: Type.String(),
  },
  { title: 'Challenge' },
)
export type Challenge = Static<typeof Challenge>

const Payload = Type.Object({
  challenge: Challenge,
  solution: Type.Object({ counter: Type.Integer(), derivedKey: Type.String() }),
})

/**
 * Proofs of work: what a browser can answer where a person cannot read a picture, or where the picture
 * alone is too cheap. Nothing is kept of a challenge until its proof is used, and a proof is good once.
 */
export function createProofs(redis: RedisClient, keyring: Keyring) {
  // A challenge of before a rotation of the keys, or of a process that has not seen it, stays good.
  const solved = keyring.secrets('proof solution')
  const ring = keyring.secrets('proof challenge').map(({ secret }, i) => ({
    hmacSignatureSecret: secret,
    hmacKeySignatureSecret: solved[i]?.secret ?? secret,
  }))

  return {
    async issue(): Promise<Challenge> {
      const challenge = await createChallenge({
        algorithm: 'PBKDF2/SHA-256',
        cost: ROUNDS,
        counter: randomInt(MOST_STEPS) + 1,
        deriveKey,
        expiresAt: Math.floor(Date.now() / 1000) + LIFE_SECONDS,
        ...ring[0],
      })
      return Value.Parse(Challenge, challenge)
    },

    /** The one look at an answer: null when it is right, else the refusal. */
    async take(proof: string): Promise<Answer | null> {
      const payload = parse(proof)
      if (payload === null) return 'proofGone'
      const checks = await Promise.all(
        ring.map((secrets) => verifySolution({ ...payload, deriveKey, ...secrets })),
      )
      if (!checks.some(({ verified }) => verified)) return 'proofGone'
      const key = keys.proof(payload.challenge.parameters.nonce)
      const first = await asStoreError('proof take', redis.set(key, '1', 'EX', REMEMBER_SECONDS, 'NX'))
      return first === 'OK' ? null : 'proofGone'
    },
  }
}
export type Proofs = ReturnType<typeof createProofs>

function parse(proof: string): Static<typeof Payload> | null {
  if (proof.length > PROOF_MAX_LENGTH) return null
  try {
    const payload: unknown = JSON.parse(Buffer.from(proof, 'base64').toString())
    return Value.Check(Payload, payload) ? payload : null
  } catch {
    return null
  }
}
