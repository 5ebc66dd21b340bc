import type { Redis } from 'ioredis'
import { keys } from '@sms-codes/core/redis/keys'
import type { Keyring } from '@sms-codes/core/keyring'
import { ANSWERS } from './answers.ts'
import { createIssuer } from '../codes.ts'
import type { Client } from './client.ts'
import type { Random } from './random.ts'

type Needs = { client: Client; redis: Redis; keyring: Keyring; random: Random }

/** What an attacker can do, and what it came to. Every image code is solved: the worst case. */
export function createAttack({ client, redis, keyring, random }: Needs) {
  const issue = createIssuer(redis, keyring)
  const told = new Map<string, number>()
  let attempts = 0
  let paid = 0
  let proofs = 0
  let guesses = 0
  let broken = 0
  /** What the counters of failed compares held when the attacker had guessed; nobody else had by then. */
  const misses = new Map<string, number>()

  const hear = (text: string): void => {
    told.set(text, (told.get(text) ?? 0) + 1)
  }

  async function guess(mobile: string, rid: string | undefined, count: number, address: () => string) {
    for (let done = 0; done < count; done += 1) {
      guesses += 1
      const code = String(random.below(1_000_000)).padStart(6, '0')
      const { ok, text } = await client.verify({ mobile, code, rid, address: address() })
      if (ok) broken += 1
      else if (text !== ANSWERS.codeWrong) hear(text)
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

  /** @returns the request id, or nothing when it was refused */
  async function send(mobile: string, address: string): Promise<string | undefined> {
    attempts += 1
    const { ok, text, rid } = await client.send(mobile, address)
    if (ok) paid += 1
    else hear(text)
    return ok ? rid : undefined
  }

  return {
    send,
    guessBlind,

    /** The same by one who does the work where it is asked for. */
    async sendWorking(mobile: string, address: string): Promise<void> {
      attempts += 1
      let said = await client.send(mobile, address)
      if (said.text === ANSWERS.proofNeeded) {
        proofs += 1
        said = await client.sendWithProof(mobile, address)
      }
      if (said.ok) paid += 1
      else hear(said.text)
    },

    /** Asks for a code to somebody else's number and wastes the tries of whoever holds its request id. */
    async wasteTries(mobile: string, count: number, address: () => string): Promise<void> {
      const rid = await send(mobile, address())
      if (rid !== undefined) await guessWithId(mobile, rid, count, address)
    },

    /**
     * Guesses at a number that was just sent a code, as one who asked for it and as one who did not. The code
     * is put there by the bench: what messages cost an attacker is measured by the other campaigns.
     */
    async guessWithAndWithoutId(mobile: string, count: number, address: () => string): Promise<void> {
      const issued = await issue(mobile)
      await guessWithId(mobile, issued.send.rid, count, address)
      await guessBlind(mobile, count, address)
    },

    outcome() {
      const compares = [...misses.values()].reduce((sum, each) => sum + each, broken)
      return { attempts, paid, proofs, guesses, compares, broken, told: Object.fromEntries(told) }
    },
  }
}
export type Attack = ReturnType<typeof createAttack>
