import { Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from './answers.ts'
import type { FirstTry, IdempotencyStore } from './idempotency-store.ts'
import { noteRetcode, retcodeOf } from './reply-retcode.ts'

export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_.:~+/=-]{16,255}$',
      description:
        'a random text that you make up, for example a UUID. A repeated request with the same key and the same body gets the first answer, with `idempotent-replayed: true`',
    }),
  ),
})

/**
 * `Idempotency-Key`: a caller that did not receive the answer repeats the request with the same key and body. It gets
 * the first answer, and nothing is done twice.
 */
export function createIdempotency(store: IdempotencyStore) {
  const tries = new WeakMap<FastifyRequest, FirstTry>()

  return {
    /** The hooks of one route. A request that fails validation needs no slot, because it always fails the same way. */
    hooks: (route: string, keepSeconds: number) => ({
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
        noteRetcode(reply, retcode)
        reply.header('idempotent-replayed', 'true').type('application/json; charset=utf-8')
        return reply.status(status).send(body)
      },

      /** Keeps the answer before the caller receives it. If that fails, the caller still receives the answer. */
      async onSend(request: FastifyRequest, reply: FastifyReply, body: unknown) {
        const first = tries.get(request)
        if (first === undefined) return
        const { statusCode: status } = reply
        // An answer with 429 or 5xx is not kept, so that the caller may try again with the same key.
        const keeps = status < 500 && status !== 429 && typeof body === 'string'
        const finished = store
          .finish(first, keeps ? { status, retcode: retcodeOf(reply), body } : null)
          .catch((err: unknown) => request.log.warn({ err }, 'first answer not kept'))
        // A 5xx often means that the caller has already waited for Redis, so it is not made to wait again.
        if (status < 500) await finished
      },
    }),

    /**
     * The act of a verify: a keyed hash of its idempotency key and body, or '' without a key. If a process dies after
     * it has used a code up and before it has kept the answer, the receipt would be lost. So the record keeps the act,
     * and for ACT_SECONDS the same act is verified again (codes/lua/verify.lua). The receipt depends only on the
     * request id and the time of the first verify, so one code never yields two receipts.
     */
    actOf: (request: FastifyRequest): string => tries.get(request)?.act ?? '',
  }
}
