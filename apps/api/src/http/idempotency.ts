import { Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { keys } from '@sms-codes/core/redis/keys'
import { randomId, type Keyring } from '@sms-codes/core/keyring'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { Refusal } from './answers.ts'
import { createScript } from '@sms-codes/core/redis/script'

/**
 * `Idempotency-Key`: whoever did not hear the answer asks again with the same key and body, and gets the
 * first answer without anything being done twice.
 *
 * A key is scoped by its route and nothing else. The address is left out because a phone changes it
 * between two tries; what keeps strangers away from a kept receipt is that they would have to know the
 * key, which therefore has at least 16 characters, and the body. Redis holds the key and the body as
 * keyed hashes and the answer sealed.
 */
export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_.:~+/=-]{16,255}$',
      description:
        'random and of your making, as a UUID; asked again with it and the same body you get the first answer, with `idempotent-replayed: true`',
    }),
  ),
})

/** The fields in one order, whatever order they came in. A default is filled in by now. */
const canonical = (body: unknown) => JSON.stringify(body, Object.keys(body ?? {}).toSorted())

/** Longer than a handler can take, whose every command has a deadline. */
const LEASE_MS = 5_000

type FirstTry = { slot: string; owner: string; keepMs: number; act: string }
type KeptAnswer = { status: number; retcode: string; body: string }
type Begun =
  | { kind: 'first'; first: FirstTry }
  | { kind: 'replay'; answer: KeptAnswer }
  | { kind: 'other_body' }
  | { kind: 'under_way' }

export function createIdempotency(redis: RedisClient, keyring: Keyring) {
  const beginScript = createScript(redis, new URL('./idempotency-begin.lua', import.meta.url))
  const finishScript = createScript(redis, new URL('./idempotency-finish.lua', import.meta.url))
  const tries = new WeakMap<FastifyRequest, FirstTry>()

  const store = {
    /** @throws StoreError */
    async begin(route: string, key: string, body: unknown, keepSeconds: number): Promise<Begun> {
      const slot = keys.idempotency(keyring.pseudonym(`idempotency key|${route}|${key}`))
      const digest = keyring.pseudonym(`idempotency body|${canonical(body)}`)
      const act = keyring.pseudonym(`idempotency act|${slot}|${digest}`)
      const first = { slot, owner: randomId(), keepMs: keepSeconds * 1000, act }
      const reply = await beginScript([slot], [digest, first.owner, LEASE_MS, first.keepMs])
      if (reply.kind === 'first') return { kind: 'first', first }
      if (reply.kind === 'under_way') return { kind: 'under_way' }
      if (reply.kind !== 'replay') return { kind: 'other_body' }
      const text = keyring.open(reply.text('sealed'), slot)
      // Its key left the ring meanwhile. It must not be done again, so the caller has to take another key.
      if (text === null) return { kind: 'other_body' }
      const answer = { status: reply.number('status'), retcode: reply.text('retcode'), body: text }
      return { kind: 'replay', answer }
    },

    /**
     * @param answer kept for who asks again; null frees the key
     * @throws StoreError
     */
    async finish({ slot, owner, keepMs }: FirstTry, answer: KeptAnswer | null): Promise<void> {
      const kept = answer === null ? [''] : [answer.status, answer.retcode, keyring.seal(answer.body, slot)]
      await finishScript([slot], [owner, keepMs, ...kept])
    },
  }

  /**
   * The hooks of one route. What validation refuses never gets here: it is refused again in the same
   * way, and needs no slot.
   */
  function hooks(route: string, keepSeconds: number) {
    return {
      async preHandler(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
        const key = request.headers['idempotency-key']
        if (typeof key !== 'string') return undefined
        const begun = await store.begin(route, key, request.body, keepSeconds)
        if (begun.kind === 'other_body') throw new Refusal('keyReused')
        if (begun.kind === 'under_way') throw new Refusal('keyUnderWay', { retry_after: 1 })
        if (begun.kind === 'first') {
          tries.set(request, begun.first)
          return undefined
        }
        const { status, retcode, body } = begun.answer
        reply.retcode = retcode
        reply.header('idempotent-replayed', 'true').type('application/json; charset=utf-8')
        return reply.status(status).send(body)
      },

      /** The answer is kept before the caller has it. When that fails the caller still hears the truth. */
      async onSend(request: FastifyRequest, reply: FastifyReply, body: unknown) {
        const first = tries.get(request)
        if (first === undefined) return
        const { statusCode: status, retcode } = reply
        // Too early or no store: the same key may be tried again.
        const keeps = status < 500 && status !== 429 && typeof body === 'string'
        const finished = store
          .finish(first, keeps ? { status, retcode, body } : null)
          .catch((err: unknown) => request.log.warn({ err }, 'first answer not kept'))
        // A store that does not answer is not waited for a second time.
        if (status < 500) await finished
      },
    }
  }

  return {
    ...store,
    hooks,

    /**
     * Names what a request with an idempotency key is about to do, the same for every try with its key and
     * body; empty without a key. For a step that has to know itself again where the first try died on the way.
     */
    actOf: (request: FastifyRequest): string => tries.get(request)?.act ?? '',
  }
}
export type Idempotency = ReturnType<typeof createIdempotency>
