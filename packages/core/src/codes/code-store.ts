import { MissingKeyError, randomCode, randomId, type Keyring } from '../keyring.ts'
import { windowArgs, type Window } from '../limits/windows.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { keys } from '../redis/keys.ts'
import { createScript } from '../redis/script.ts'
import { peekCodes, type RequestStatus } from './request-status.ts'
import { sealedMessage } from './sealed-message.ts'
import { phoneOf, sendKeys, unitOf, type Channel, type Send } from './send.ts'

/** The rules for the codes of a scene and for the messages to a phone. */
export type CodePolicy = {
  length: number
  /** Life of a code. A further send extends the life, up to twice `ttlSeconds` after the first issue. */
  ttlSeconds: number
  /** No gateway call begins later than this after the request. The value is less than `ttlSeconds`. */
  sendWithinSeconds: number
  /** Permitted guesses with each request id of a code, and without an id after each send of the code. */
  compares: number
  /** Permitted wrong guesses per phone in any 24 hours that carry no request id of the code. */
  missesPerDay: number
  /** Permitted wrong guesses per phone in any 24 hours that carry one. If undefined, only `compares` limits them. */
  missesWithIdPerDay?: number
  /** Limits of the sends to one phone. The sends of all scenes count. */
  sends: readonly Window[]
  /** How long a send is kept for the windows of all scenes. At least the longest window of `sends` is used. */
  keepSendsSeconds?: number
  /** How long the history of a phone is kept, for operators. 0 or absent for no history. */
  keepHistorySeconds?: number
}

type IssueOptions = {
  /** Pseudonym of the client address that asks. `verify` answers the pseudonym of the first request for the code. */
  askedBy?: string
  /** Whether the guard against SMS pumping counts the sends of this code. The first request for the code decides. */
  isCounted?: boolean
  /** The code of a test number. If undefined, a new code is random. */
  fixedCode?: string | undefined
  /** When the send was counted in the budget, ms, or 0. The unit is given back if certainly no message left. */
  budgetUnit?: number
}

export type Issued =
  | { kind: 'issued'; send: Send; requestId: string; expiresIn: number; resendAfter: number }
  | { kind: 'throttled'; windowSeconds: number; retryAfter: number }

/** `counts`: whether the newest send counts against the limits of the phone. */
export type FoundRequest = RequestStatus & { counts: boolean }

export type Verified =
  | {
      kind: 'ok'
      rid: string
      /** `email` if the code may have been read in a mailbox. */
      channel: Channel
      /** The gateway that the record names for the newest send, or '' if the record names none. */
      gateway: string
      askedBy: string
      /** Whether the guard against SMS pumping counts the verified code, for the address `askedBy`. */
      isCounted: boolean
      /** When the code was used, ms since 1970. */
      at: number
      /** Whether an earlier call with the same `act` (see `verify`) got this answer before. */
      isAgain: boolean
    }
  | { kind: 'no'; attemptsLeft: number }
  | { kind: 'throttled'; retryAfter: number }

const DAY = 86_400
/** For `refund`, in place of the number of a send: the send that was issued with this request id. */
const ISSUED_WITH_THIS_ID = 0
/** How long a record is kept after the latest possible expiry of its code. Its status can be read until then. */
const KEEP_MS = 600_000
/** For this time after a successful verify, a repeat of the verify with the same `act` gets the same answer. */
export const ACT_SECONDS = 60

/**
 * Issues and verifies codes. Each change is one Lua script, which uses the clock of Redis. No method
 * stores the code or the number in clear: the record (record.ts) contains a digest of the code for the comparison
 * and the encrypted number and code for the worker. Every method throws StoreError when Redis does not answer.
 */
export function createCodeStore(
  redis: RedisClient,
  keyring: Keyring,
  policyOf: (scene: string) => CodePolicy,
) {
  const issueScript = createScript(redis, new URL('./lua/issue.lua', import.meta.url))
  const refundScript = createScript(redis, new URL('./lua/refund.lua', import.meta.url))
  const verifyScript = createScript(redis, new URL('./lua/verify.lua', import.meta.url))

  async function refund(send: Send): Promise<boolean> {
    const { kind } = await refundScript(sendKeys(send), [send.rid, send.n])
    return kind === 'refunded'
  }

  /** Whether a send counts against the limits of its phone. */
  async function isCountedSend(send: Pick<Send, 'rid' | 'n'>): Promise<boolean> {
    const reading = redis.zscore(keys.sends(phoneOf(send.rid)), unitOf(send))
    return (await asStoreError('read sends', reading)) !== null
  }

  return {
    /** Issues a new code for this phone and scene, or the live code once more, within the phone's limits. */
    async issue(mobile: string, scene: string, options: IssueOptions = {}): Promise<Issued> {
      const { askedBy = '', isCounted = false, fixedCode, budgetUnit = 0 } = options
      const policy = policyOf(scene)
      const ph = keyring.pseudonym(mobile)
      const requestId = `${ph}.${randomId()}`
      const code = fixedCode ?? randomCode(policy.length)
      const { kid, digest } = keyring.digest(mobile, scene, code)
      const newCode = [requestId, kid, digest, sealedMessage.seal(keyring, requestId, { mobile, code })]
      const life = [policy.ttlSeconds * 1000, policy.sendWithinSeconds * 1000, KEEP_MS]
      const asked = [askedBy, isCounted ? 1 : 0, budgetUnit]
      const keepSends = Math.max(policy.keepSendsSeconds ?? 0, ...policy.sends.map((one) => one.seconds))
      const history = [scene, (policy.keepHistorySeconds ?? 0) * 1000]
      const args = [...newCode, ...life, ...asked, keepSends * 1000, ...history, ...windowArgs(policy.sends)]
      const issuing = issueScript([...sendKeys({ rid: requestId, scene }), keys.guesses(ph, scene)], args)
      const { kind, text, number } = await issuing.catch((err: unknown) => {
        // Redis may have issued the code after all. No job follows, so the phone's slot must become free.
        refund({ rid: requestId, scene, n: ISSUED_WITH_THIS_ID }).catch(() => {})
        throw err
      })
      if (kind === 'throttled')
        return { kind, windowSeconds: number('window') / 1000, retryAfter: seconds(number('wait')) }
      return {
        kind: 'issued',
        send: { rid: text('rid'), scene, n: number('sends') },
        requestId,
        expiresIn: seconds(number('life')),
        resendAfter: seconds(number('next_send_in')),
      }
    },

    /** Undoes an issue whose job was not enqueued. False if a worker has claimed the send or a newer send exists. */
    refund,

    /**
     * Counts and checks one guess of a code. A guess is not counted if this process lacks the key of the code.
     * @param rid a request id that `issue` answered for this code, if the caller still has it
     * @param act names this call, so that the caller can repeat the call if no answer came; '' permits no repeat
     * @throws MissingKeyError
     */
    async verify(mobile: string, scene: string, code: string, rid = '', act = ''): Promise<Verified> {
      const ph = keyring.pseudonym(mobile)
      const policy = policyOf(scene)
      const { compares, missesPerDay, missesWithIdPerDay = Number.MAX_SAFE_INTEGER } = policy
      const days = windowArgs([missesWithIdPerDay, missesPerDay].map((most) => ({ most, seconds: DAY })))
      const digests = keyring.digests(mobile, scene, code).flatMap(({ kid, digest }) => [kid, digest])
      const { kind, text, number } = await verifyScript(
        [
          keys.code(ph, scene),
          keys.guesses(ph, scene),
          keys.missesWithId(ph),
          keys.missesWithoutId(ph),
          keys.history(ph),
        ],
        [
          rid,
          rid && keyring.pseudonym(`request|${rid}`),
          compares,
          ...days,
          randomId().slice(0, 10),
          act,
          ACT_SECONDS * 1000,
          ...digests,
        ],
      )
      if (kind === 'no_key') throw new MissingKeyError(text('key_id'))
      if (kind === 'throttled') return { kind, retryAfter: seconds(number('wait')) }
      if (kind === 'wrong') return { kind: 'no', attemptsLeft: number('left') }
      return {
        kind: 'ok',
        rid: text('rid'),
        channel: number('is_mailed') === 1 ? 'email' : 'sms',
        gateway: text('gateway'),
        askedBy: text('asked_by'),
        isCounted: number('is_counted') === 1,
        at: number('at'),
        isAgain: number('is_again') === 1,
      }
    },

    /** Finds the status of a request in the records of the given scenes. Null if no record has this id. */
    async find(id: string, scenes: readonly string[]): Promise<FoundRequest | null> {
      const codes = await peekCodes(redis, phoneOf(id), scenes)
      const found = codes.find(({ requestIds }) => requestIds.includes(id))
      if (found === undefined) return null
      const { request, rid } = found
      const counts = request.status !== 'failed' || (await isCountedSend({ rid, n: request.sends }))
      return { ...request, counts }
    },
  }
}
export type CodeStore = ReturnType<typeof createCodeStore>

const seconds = (ms: number) => Math.max(1, Math.ceil(ms / 1000))
