import { randomId, type Keyring } from '@sms-codes/core/keyring'
import { shortForm } from '@sms-codes/core/mobile'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { keys } from '@sms-codes/core/redis/keys'
import { createScript } from '@sms-codes/core/redis/script'
import { lengthen, shorten, type KeptAnswer } from './kept-answer.ts'

/** How long a first request owns its key. Redis commands have deadlines, so a handler normally ends much sooner. */
const LEASE_MS = 5_000
/** How long the slot of a request without an answer is kept: until its picture has expired for certain. */
const BEGUN_MS = 300_000

/**
 * A request that may be handled. `slot` is its Redis key; `act` is the hash of its idempotency key and body; `ph` is the
 * pseudonym of its phone.
 */
export type FirstTry = { slot: string; owner: string; act: string; ph: string }
type Begun =
  | { kind: 'first'; first: FirstTry }
  | { kind: 'replay'; answer: KeptAnswer }
  | { kind: 'other_body' }
  | { kind: 'under_way' }

/** The body of a request with an idempotency key, after its validation. */
type Body = { mobile: string }

/** Writes the fields in a fixed order, so that their order in the request does not matter. */
const canonical = (body: Body) =>
  JSON.stringify({ ...body, mobile: shortForm(body.mobile) }, Object.keys(body).toSorted())

/**
 * Keeps the first answers to requests with an idempotency key. Redis stores keyed hashes of the key and the body, and
 * the encrypted answer. Every method throws StoreError when Redis does not answer. `begin` throws MissingKeyError if this
 * process lacks the code key of a kept answer.
 *
 * An idempotency key is valid for one route. The client address does not matter, because a phone may change its
 * address between two tries. The body and the key are enough to read a kept answer, so the API refuses a key that can
 * be guessed: one of fewer than 16 characters.
 */
export function createIdempotencyStore(redis: RedisClient, keyring: Keyring) {
  const beginScript = createScript(redis, new URL('./idempotency-begin.lua', import.meta.url))
  const finishScript = createScript(redis, new URL('./idempotency-finish.lua', import.meta.url))

  return {
    async begin(route: string, key: string, body: Body): Promise<Begun> {
      // 72 bits are enough for the name of a slot, because only the right act opens an answer.
      const name = keyring.pseudonym(`idempotency key|${route}|${key}`).slice(0, 12)
      const slot = keys.idempotency(name)
      const act = keyring.pseudonym(`idempotency act|${slot}|${canonical(body)}`)
      const first = { slot, owner: randomId(), act, ph: keyring.pseudonym(body.mobile) }
      const reply = await beginScript([slot], [act, first.owner, LEASE_MS, BEGUN_MS])
      if (reply.kind === 'first') return { kind: 'first', first }
      if (reply.kind === 'under_way') return { kind: 'under_way' }
      if (reply.kind !== 'replay') return { kind: 'other_body' }
      // The answer is sealed for its act, so the answer to another body does not open. Neither does a damaged answer.
      const text = keyring.open(reply.text('sealed'), act)
      return text === null ? { kind: 'other_body' } : { kind: 'replay', answer: lengthen(text, first.ph) }
    },

    /** @param answer the answer for repeated requests; null deletes the slot */
    async finish(
      { slot, owner, act, ph }: FirstTry,
      answer: KeptAnswer | null,
      keepSeconds: number,
    ): Promise<void> {
      const kept = answer === null ? '' : keyring.seal(shorten(answer, ph), act)
      await finishScript([slot], [owner, keepSeconds * 1000, kept])
    },
  }
}
export type IdempotencyStore = ReturnType<typeof createIdempotencyStore>
