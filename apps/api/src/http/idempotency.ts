import { Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from './answers.ts'
import type { FirstTry, IdempotencyStore } from './idempotency-store.ts'
import { noteRetcode, retcodeOf } from './reply-retcode.ts'

/** How long a refusal is kept: as long as a picture or a proof is valid. A later repeat would fail without it, too. */
const REFUSAL_SECONDS = 300

export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_.:~+/=-]{16,255}$',
      description:
        'a random text that you make up, for example a UUID. A repeated request with the same key and the same body gets the first answer, with `idempotent-replayed: true`',
      examples: ['0b7d6c1e-8f2a-4d3b-9c5e-7a1f2b3c4d5e'],
    }),
  ),
})

/**
 * A caller that did not receive an answer repeats the request with the same `Idempotency-Key` and body. The caller
 * gets the first answer, and the request is not handled again.
 */
export function createIdempotency(
  store: IdempotencyStore,
  backEnds: { nameOf: (request: FastifyRequest) => string | undefined },
) {
  const tries = new WeakMap<FastifyRequest, FirstTry>()

  return {
    /** The hooks of one route. The answer to an invalid request is not kept, because every repeat fails in the same way. */
    hooks: (route: string, keepSeconds: number) => ({
      preHandler: async (
        request: FastifyRequest<{ Body: { mobile: string } }>,
        reply: FastifyReply,
      ): Promise<FastifyReply | undefined> => {
        const key = request.headers['idempotency-key']
        if (typeof key !== 'string') return undefined
        // The keys of different back ends, and of callers without an API key, are separate.
        const backEnd = backEnds.nameOf(request)
        const owner = backEnd === undefined ? route : `${route}|${backEnd}`
        const begun = await store.begin(owner, key, request.body)
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

      /** Stores the answer before the caller receives it. If this fails, the caller still receives the answer. */
      onSend: async (request: FastifyRequest, reply: FastifyReply, body: unknown) => {
        const first = tries.get(request)
        if (first === undefined) return
        const { statusCode: status } = reply
        // An answer with 429 or 5xx is not kept, so the caller can try again with the same key.
        const keeps = status < 500 && status !== 429 && typeof body === 'string'
        // An anonymous caller can cause any number of refusals, so they do not occupy memory for half a day.
        const seconds = status < 400 ? keepSeconds : Math.min(keepSeconds, REFUSAL_SECONDS)
        const finished = store
          .finish(first, keeps ? { status, retcode: retcodeOf(reply), body } : null, seconds)
          .catch((err: unknown) => request.log.warn({ err }, 'first answer not kept'))
        // Before a 5xx the caller has often waited for Redis already, so a 5xx does not wait for `finish`.
        if (status < 500) await finished
      },
    }),

    /**
     * Returns the "act" of a verify: a keyed hash of its idempotency key and body, or '' without a key. The code
     * record stores the act of the verify that used the code up. If the process dies before the answer is kept, a
     * verify with the same act succeeds again for ACT_SECONDS after the first verify, so the caller still gets a
     * receipt. All receipts of one code have the same `jti`, so only one of them can be redeemed.
     */
    actOf: (request: FastifyRequest): string => tries.get(request)?.act ?? '',
  }
}
