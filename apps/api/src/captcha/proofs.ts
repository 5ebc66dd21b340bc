import { randomInt } from 'node:crypto'
import { Type, type Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { createChallenge, verifySolution } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import { keys } from '@sms-codes/core/redis/keys'
import type { Keyring } from '@sms-codes/core/keyring'
import { asStoreError, type RedisClient } from '@sms-codes/core/redis/connect'

/** The longest proof in a POST. A proof of work has about 700 characters, a token of hCaptcha sometimes over 4,000. */
export const PROOF_MAX_LENGTH = 6_000

const LIFE_SECONDS = 300
/** How long Redis remembers a used proof: longer than a proof is valid, because the clocks of hosts differ. */
const REMEMBER_SECONDS = 2 * LIFE_SECONDS

/**
 * The work consists of steps: at most 500, 250 on average. A step is one call of PBKDF2 with ROUNDS rounds. The steps
 * are few and long, because each call costs a browser extra time, and a native program has no such extra cost.
 */
const ROUNDS = 5_000
const MAX_STEPS = 500

const hex = (description: string) =>
  Type.String({ description: `hex; ${description}`, examples: ['5d7f3a9c0e1b2d4f6a8c9e0b1d2f3a4c'] })

/** A challenge in the format that the altcha widget reads. */
export const Challenge = Type.Object(
  {
    parameters: Type.Object(
      {
        algorithm: Type.String({ description: 'how a key is derived', examples: ['PBKDF2/SHA-256'] }),
        cost: Type.Integer({ description: 'rounds of each step', examples: [ROUNDS] }),
        expiresAt: Type.Integer({ description: 'seconds since 1970', examples: [1_795_867_200] }),
        keyLength: Type.Integer({ description: 'bytes of a derived key', examples: [32] }),
        keyPrefix: hex('the solution is the counter whose derived key begins with this'),
        keySignature: hex('an HMAC, with which the API checks the derived key'),
        nonce: hex('followed by the counter it is the password of a step'),
        salt: hex('the salt of each step'),
      },
      { description: 'what the work is' },
    ),
    signature: hex('an HMAC of the parameters'),
  },
  { title: 'Challenge', description: 'A challenge, valid for 300 seconds.' },
)
export type Challenge = Static<typeof Challenge>

const Payload = Type.Object({
  challenge: Challenge,
  solution: Type.Object({ counter: Type.Integer(), derivedKey: Type.String() }),
})

/**
 * Issues challenges and consumes proofs of work. A browser can solve a challenge in place of a picture, for example
 * for a blind user. A picture alone costs an attacker too little, so the API can also require a proof. Redis stores
 * nothing about a challenge until its proof is used. A proof is valid once.
 */
export function createProofs(redis: RedisClient, keyring: Keyring) {
  // A challenge signed with any code key of the ring is accepted, so it stays valid while the keys are rotated.
  const solutionSecrets = keyring.secrets('proof solution')
  const ring = keyring.secrets('proof challenge').map(({ secret }, i) => ({
    hmacSignatureSecret: secret,
    hmacKeySignatureSecret: solutionSecrets[i]?.secret ?? secret,
  }))

  return {
    async issue(): Promise<Challenge> {
      const challenge = await createChallenge({
        algorithm: 'PBKDF2/SHA-256',
        cost: ROUNDS,
        counter: randomInt(MAX_STEPS) + 1,
        deriveKey,
        expiresAt: Math.floor(Date.now() / 1000) + LIFE_SECONDS,
        ...ring[0],
      })
      return Value.Parse(Challenge, challenge)
    },

    /** Consumes a proof. `proofGone`: the proof is not ours, has expired, or was used before. @throws StoreError */
    async consume(proof: string): Promise<'passed' | 'proofGone'> {
      const payload = readJson(proof)
      if (!Value.Check(Payload, payload)) return 'proofGone'
      const checks = await Promise.all(
        ring.map((secrets) => verifySolution({ ...payload, deriveKey, ...secrets })),
      )
      if (!checks.some(({ verified }) => verified)) return 'proofGone'
      const key = keys.proof(payload.challenge.parameters.nonce)
      const marked = await asStoreError('proof consume', redis.set(key, '1', 'EX', REMEMBER_SECONDS, 'NX'))
      return marked === 'OK' ? 'passed' : 'proofGone'
    },
  }
}

export type Proofs = ReturnType<typeof createProofs>

/** Tells a proof of work from a token of a captcha service: only the first is base64 of a JSON object. */
export const isWork = (proof: string): boolean => typeof readJson(proof) === 'object'

function readJson(proof: string): unknown {
  try {
    return JSON.parse(Buffer.from(proof, 'base64').toString())
  } catch {
    return undefined
  }
}
