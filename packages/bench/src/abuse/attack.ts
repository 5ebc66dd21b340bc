import type { Redis } from 'ioredis'
import { keys } from '@sms-codes/core/redis/keys'
import type { Keyring } from '@sms-codes/core/keyring'
import { ANSWERS } from './answers.ts'
import { createIssuer } from '../codes.ts'
import type { Client } from './client.ts'
import type { Random } from './random.ts'

type Needs = { client: Client; redis: Redis; keyring: Keyring; random: Random }

/** The actions of an attacker, and their results. The attacker solves every image code: the worst case. */
export function createAttack({ client, redis, keyring, random }: Needs) {
  const issue = createIssuer(redis, keyring)
  const refusals = new Map<string, number>()
  let attempts = 0
  let paid = 0
  let proofs = 0
  let guesses = 0
  let broken = 0
  /** The counters of wrong codes after the attacker's guesses. A few wrong codes of ordinary users are among them. */
  const misses = new Map<string, number>()

  const countRefusal = (text: string): void => {
    refusals.set(text, (refusals.get(text) ?? 0) + 1)
  }

  async function guess(mobile: string, rid: string | undefined, count: number, address: () => string) {
    for (let done = 0; done < count; done += 1) {
      guesses += 1
      const code = String(random.below(1_000_000)).padStart(6, '0')
      const { ok, text } = await client.verify({ mobile, code, rid, address: address() })
      if (ok) broken += 1
      else if (text !== ANSWERS.codeWrong) countRefusal(text)
    }
  }

  async function guessBlind(mobile: string, count: number, address: () => string): Promise<void> {
    await guess(mobile, undefined, count, address)
    const key = keys.missesWithoutId(keyring.pseudonym(mobile))
    misses.set(key, await redis.zcard(key))
  }

  async function guessWithId(mobile: string, rid: string, count: number, address: () => string) {
    await guess(mobile, rid, count, address)
    const key = keys.missesWithId(keyring.pseudonym(mobile))
    misses.set(key, await redis.zcard(key))
  }

  /** @returns the request id, or undefined when the send was refused */
  async function send(mobile: string, address: string): Promise<string | undefined> {
    attempts += 1
    const { ok, text, rid } = await client.send(mobile, address)
    if (ok) paid += 1
    else countRefusal(text)
    return ok ? rid : undefined
  }

  return {
    send,
    guessBlind,

    /** Requests a code and does the proof of work when the API asks for one. */
    async sendWorking(mobile: string, address: string): Promise<void> {
      attempts += 1
      let answer = await client.send(mobile, address)
      if (answer.text === ANSWERS.proofNeeded) {
        proofs += 1
        answer = await client.sendWithProof(mobile, address)
      }
      if (answer.ok) paid += 1
      else countRefusal(answer.text)
    },

    /** Uses up the guesses of the attacker's own request id, and the guesses without an id. */
    async wasteTries(mobile: string, rid: string | undefined, count: number, address: () => string) {
      if (rid !== undefined) await guessWithId(mobile, rid, count, address)
      await guessBlind(mobile, count, address)
    },

    /**
     * Guesses the code of a number with its request id and without it. The benchmark issues the code itself,
     * because other campaigns measure how many messages an attacker gets.
     */
    async guessWithAndWithoutId(mobile: string, count: number, address: () => string): Promise<void> {
      const issued = await issue(mobile)
      await guessWithId(mobile, issued.send.rid, count, address)
      await guessBlind(mobile, count, address)
    },

    outcome() {
      const compares = [...misses.values()].reduce((sum, each) => sum + each, broken)
      return { attempts, paid, proofs, guesses, compares, broken, refusals: Object.fromEntries(refusals) }
    },
  }
}
export type Attack = ReturnType<typeof createAttack>
