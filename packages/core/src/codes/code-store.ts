import { keys } from '../redis/keys.ts'
import { randomCode, randomId, type Keyring } from '../keyring.ts'
import type { RedisClient } from '../redis/connect.ts'
import { createScript } from '../redis/script.ts'
import { ISSUE } from '../scripts/issue.ts'
import { REFUND } from '../scripts/refund.ts'
import { VERIFY } from '../scripts/verify.ts'
import { sendKeys, type Channel, type Send } from './send.ts'
import { readRequestStatus } from './request-status.ts'
import { windowArgs, type Window } from '../limits/windows.ts'

/** How long a code of a scene lives and how often a phone may be sent one. */
export type CodePolicy = {
  length: number
  /** Life of a code; a re-send extends it to at most twice this from the first issue. */
  ttlSeconds: number
  /** Later than this after its request no message leaves. Less than the life. */
  sendWithinSeconds: number
  /** Compares per code, counted apart for callers with and without the request id. */
  compares: number
  /** Failed compares per phone and day, counted apart in the same way. */
  missesPerDay: number
  /** Sends per phone over all scenes. */
  sends: readonly Window[]
}

export type IssueOptions = {
  /** The pseudonym of whoever asked; the verify answers it again. */
  from?: string
  /** The code of a test number, instead of a random one. */
  fixed?: string | undefined
  /** What it took of the budget: comes back when certainly nothing was sent. */
  unit?: string
}

export type Issued =
  | { kind: 'issued'; send: Send; requestId: string; expiresIn: number; resendAfter: number }
  | { kind: 'throttled'; windowSeconds: number; retryAfter: number }

export type Verified =
  | {
      kind: 'ok'
      rid: string
      channel: Channel
      /** Whose message it was that was sent last, '' before any was. */
      gateway: string
      from: string
      /** When the code was used, in ms. */
      at: number
      /** The same act is only being told once more. */
      again: boolean
    }
  | { kind: 'no'; attemptsLeft: number }
  | { kind: 'throttled'; retryAfter: number }

const DAY_MS = 86_400_000
// Long enough to answer "expired" or "failed" to somebody who still asks.
const KEEP_MS = 600_000
/** How long a verify that went through can be repeated by who did not hear of it. */
export const ACT_SECONDS = 60

/**
 * The life of a code, each step one script in one slot of Redis, judged by the clock of Redis. The code
 * and the number exist in clear only in the hands of the caller; the record holds a digest to compare
 * with and a sealed copy for the worker.
 *
 * Every method throws StoreError when Redis does not answer.
 */
export function createCodeStore(
  redis: RedisClient,
  keyring: Keyring,
  policyOf: (scene: string) => CodePolicy,
) {
  const issueScript = createScript(redis, 'issue', ISSUE)
  const refundScript = createScript(redis, 'refund', REFUND)
  const verifyScript = createScript(redis, 'verify', VERIFY)

  return {
    /**
     * A new code, or the live one once more, for this phone and scene.
     */
    async issue(
      mobile: string,
      scene: string,
      { from = '', fixed, unit = '' }: IssueOptions = {},
    ): Promise<Issued> {
      const policy = policyOf(scene)
      const rid = `${keyring.pseudonym(mobile)}.${randomId()}`
      const code = fixed ?? randomCode(policy.length)
      const { kid, digest } = keyring.digest(mobile, scene, code)
      const sealed = keyring.seal(mobile + code, rid)
      const [ok, first, second, life, pause, shown] = await issueScript(sendKeys({ rid, scene }), [
        rid,
        kid,
        digest,
        sealed,
        policy.ttlSeconds * 1000,
        policy.sendWithinSeconds * 1000,
        policy.compares,
        KEEP_MS,
        from,
        unit,
        ...windowArgs(policy.sends),
      ])
      if (ok === 0)
        return { kind: 'throttled', windowSeconds: Number(first) / 1000, retryAfter: seconds(second) }
      const send = { rid: String(first), scene, n: Number(second) }
      return {
        kind: 'issued',
        send,
        requestId: String(shown),
        expiresIn: seconds(life),
        resendAfter: seconds(pause),
      }
    },

    /** Gives the phone its slot back after an issue that was never enqueued. */
    async refund(send: Send): Promise<boolean> {
      const [done] = await refundScript(sendKeys(send), [send.rid, send.n])
      return done === 1
    },

    /**
     * Checks a code once. `rid` is what the caller was given when the code was sent, if it still has it.
     * @param act names this very call, for a caller who may have to repeat it without having heard the answer
     */
    async verify(
      mobile: string,
      scene: string,
      code: string,
      rid: string | undefined,
      act = '',
    ): Promise<Verified> {
      const ph = keyring.pseudonym(mobile)
      const policy = policyOf(scene)
      const [kind, first, channel, from, at, again, gateway] = await verifyScript(
        [keys.code(ph, scene), keys.missesWithId(ph), keys.missesBlind(ph)],
        [
          rid ?? '',
          policy.compares,
          policy.missesPerDay,
          DAY_MS,
          randomId(),
          act,
          ACT_SECONDS * 1000,
          ...keyring.digests(mobile, scene, code).flatMap(({ kid, digest }) => [kid, digest]),
        ],
      )
      if (kind === 'ok') {
        const used = { at: Number(at), again: again === 1 }
        const way = channel === 'email' ? 'email' : 'sms'
        const by = { from: String(from), gateway: String(gateway ?? '') }
        return { kind, rid: String(first), channel: way, ...by, ...used }
      }
      if (kind === 'throttled') return { kind, retryAfter: seconds(first) }
      return { kind: 'no', attemptsLeft: Math.max(0, Number(first)) }
    },

    /** What became of a request, looked for in the given scenes; null when nothing is held about it. */
    find: (rid: string, scenes: readonly string[]) => readRequestStatus(redis, rid, scenes),
  }
}
export type CodeStore = ReturnType<typeof createCodeStore>

const seconds = (ms: string | number | undefined) => Math.max(1, Math.ceil(Number(ms) / 1000))
