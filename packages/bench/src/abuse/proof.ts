import { createHmac, pbkdf2Sync } from 'node:crypto'
import type { Keyring } from '@sms-codes/core/keyring'

/** Seconds of one core that a proof of work costs a client: 250 steps of 5,000 rounds on average. */
export const WORK_SECONDS = 0.33

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {}
const bytesOf = (hex: unknown): Buffer => Buffer.from(typeof hex === 'string' ? hex : '', 'hex')
const hmac = (secret: string, what: string | Buffer): string =>
  createHmac('sha256', secret).update(what).digest('hex')

/**
 * Creates valid proofs at almost no cost: with the API's keys, the benchmark reduces the work of a challenge to
 * one short step and signs it again. Real proofs would make a run take an hour, so the work is only counted.
 */
export function createProver(keyring: Keyring) {
  const secretFor = (purpose: string): string => keyring.secrets(purpose)[0]?.secret ?? ''
  const [challengeSecret, solutionSecret] = [secretFor('proof challenge'), secretFor('proof solution')]
  const counter = 1
  const step = Buffer.alloc(4)
  step.writeUInt32BE(counter)

  return function prove(given: unknown): string {
    const original = objectOf(objectOf(given)['parameters'])
    const password = Buffer.concat([bytesOf(original['nonce']), step])
    const key = pbkdf2Sync(password, bytesOf(original['salt']), 1, Number(original['keyLength']), 'sha256')
    const parameters = {
      ...original,
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
