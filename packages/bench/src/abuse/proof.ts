import { createHmac, pbkdf2Sync } from 'node:crypto'
import type { Keyring } from '@sms-codes/core/keyring'

/** What a proof costs whoever has to do the work, in seconds of one core: 250 steps of 5,000 rounds on average. */
export const WORK_SECONDS = 0.33

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {}
const bytesOf = (hex: unknown): Buffer => Buffer.from(typeof hex === 'string' ? hex : '', 'hex')
const hmac = (secret: string, what: string | Buffer): string =>
  createHmac('sha256', secret).update(what).digest('hex')

/**
 * Proofs that cost the bench next to nothing: it has the keys of the API, so it makes the work of a challenge
 * one short step and signs it anew. What is measured is who gets in; the work is counted and not done, or a
 * run would take an hour.
 */
export function createProver(keyring: Keyring) {
  const secretFor = (purpose: string): string => keyring.secrets(purpose)[0]?.secret ?? ''
  const [challengeSecret, solutionSecret] = [secretFor('proof challenge'), secretFor('proof solution')]
  const counter = 1
  const step = Buffer.alloc(4)
  step.writeUInt32BE(counter)

  return function prove(given: unknown): string {
    const asked = objectOf(objectOf(given)['parameters'])
    const password = Buffer.concat([bytesOf(asked['nonce']), step])
    const key = pbkdf2Sync(password, bytesOf(asked['salt']), 1, Number(asked['keyLength']), 'sha256')
    const parameters = {
      ...asked,
      cost: 1,
      keyPrefix: key.subarray(0, key.length / 2).toString('hex'),
      keySignature: hmac(solutionSecret, key),
    }
    const signed = JSON.stringify(parameters, Object.keys(parameters).toSorted())
    const challenge = { parameters, signature: hmac(challengeSecret, signed) }
    const solution = { counter, derivedKey: key.toString('hex') }
    return Buffer.from(JSON.stringify({ challenge, solution })).toString('base64')
  }
}
export type Prove = ReturnType<typeof createProver>
