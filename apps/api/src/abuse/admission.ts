import type { Keyring } from '@sms-codes/core/keyring'
import { limitArg, type Counters } from '@sms-codes/core/limits/counters'
import { GROUPS, memberOf } from '@sms-codes/core/limits/guard-counts'
import { phoneNames } from '@sms-codes/core/limits/networks'
import type { Window } from '@sms-codes/core/limits/windows'
import { numberSegment } from '@sms-codes/core/mobile'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { keys } from '@sms-codes/core/redis/keys'
import { createScript } from '@sms-codes/core/redis/script'
import { Refusal, type Answer } from '../http/answers.ts'
import type { ApiMetrics } from '../metrics.ts'
import { hourlyWait, type ListCheck } from './allow-deny-lists.ts'
import type { SendAttempt } from './caller.ts'
import type { PumpingGuard } from './pumping-guard.ts'

/** The limits of a request for a message, in the order of the keys of admission.lua. */
const LIMITS = ['attempts', 'subnet_attempts', 'address', 'subnet', 'segment', 'country', 'budget'] as const
/** The limits of a request with an API key. */
const KEY_LIMITS = ['api_key', 'limit_key'] as const
const DENIALS = ['guard', 'deny_list'] as const
type LimitName = (typeof LIMITS)[number]

/** The answers to a full limit that are not `tooManyRequests`. */
const ANSWERS: Partial<Record<string, Answer>> = {
  // A phone with a full limit gets the same answer, so an attacker cannot tell the two limits apart.
  segment: 'sentTooOften',
  country: 'sentTooOften',
  budget: 'budgetSpent',
}

type Needs = {
  redis: RedisClient
  counters: Pick<Counters, 'giveBack'>
  keyring: Pick<Keyring, 'pseudonym'>
  metrics: Pick<ApiMetrics, 'refusals'>
  lists: ListCheck
  guard: PumpingGuard
}

type Rules = {
  /** The windows of each limit; an empty list means no limit. */
  windows: Record<Exclude<LimitName, 'country'>, readonly Window[]>
  /** The limits of all messages to a country. */
  countries: Readonly<Record<string, { sends?: readonly Window[] }>>
  /** The limits of the messages of an API key. */
  backEnds: readonly { name: string; sends: readonly Window[] }[]
  /** An address with more attempts than this needs a proof. */
  proofAfter: number
}

/** `failed`: how the request is refused for its picture or proof, or null if both are right. */
type Shown = { failed: Answer | null; hasProof: boolean }

const waitOf = (ms: number) => ({ retry_after: Math.ceil(ms / 1000) })

/**
 * Admits a request for a message, or refuses it: attempts, step-up, picture, lists, pumping guard, and the limits of
 * address, subnet, segment, country, budget, API key and limit key. One script decides and counts (admission.lua).
 */
export function createAdmission({ redis, counters, keyring, metrics, lists, guard }: Needs, rules: Rules) {
  const limitOf = (name: LimitName | (typeof KEY_LIMITS)[number], windows: readonly Window[]) => ({
    name,
    ...limitArg({ key: name === 'budget' ? keys.budget : '', windows }),
  })

  for (const limit of [...LIMITS, ...KEY_LIMITS, ...DENIALS]) metrics.refusals.inc({ limit }, 0)
  const countries = Object.entries(rules.countries).filter(([, { sends = [] }]) => sends.length > 0)
  const script = createScript(redis, new URL('./admission.lua', import.meta.url), {
    rules: {
      limits: LIMITS.map((name) => limitOf(name, name === 'country' ? [] : rules.windows[name])),
      countries: countries.map(([, { sends = [] }]) => limitOf('country', sends)),
      back_ends: rules.backEnds.map((backEnd) => limitOf('api_key', backEnd.sends)),
      limit_key: limitOf('limit_key', rules.windows.address),
      proof_after: rules.proofAfter,
      groups: guard.rules,
    },
  })

  function keysOf(attempt: SendAttempt): string[] {
    const { address, subnet, mobile, country, backEnd, limitKey } = attempt
    const groups = GROUPS.map((group) => [group, memberOf(group, attempt)] as const)
    return [
      keys.gate('attempts', address),
      keys.gate('subnet_attempts', subnet),
      keys.gate('address', address),
      keys.gate('subnet', subnet),
      keys.gate('segment', numberSegment(mobile)),
      keys.gate('country', country),
      keys.budget,
      ...groups.map(([group, member]) => keys.guarded(group, member)),
      ...groups.map(([group, member]) => keys.guardMark('mark', group, member)),
      ...groups.map(([group, member]) => keys.guardMark('times', group, member)),
      keys.list('allow'),
      keys.list('deny'),
      keys.listVersion,
      ...(backEnd === undefined ? [] : [keys.sendsOf(backEnd)]),
      ...(limitKey === undefined
        ? []
        : [keys.gate('limit_key', keyring.pseudonym(`${backEnd}|${limitKey}`))]),
    ]
  }

  /** Asks the script. If it answers new networks, the process finds the send in these and asks again. */
  async function decide(attempt: SendAttempt, ph: string, { failed, hasProof }: Shown) {
    const asker = { ip: attempt.ip, mobile: attempt.mobile, ph }
    const backEnd = rules.backEnds.findIndex(({ name }) => name === attempt.backEnd) + 1
    const country = countries.findIndex(([code]) => code === attempt.country) + 1
    const shown = [phoneNames(asker).join(' '), failed === null ? 1 : 0, hasProof ? 1 : 0, backEnd, country]
    const allKeys = keysOf(attempt)
    for (;;) {
      const found = lists.find(asker)
      const known = [lists.networks.version(), found.isAllowed ? 1 : 0, found.isDenied ? 1 : 0]
      const reply = await script(allKeys, [...known, ...shown])
      if (reply.kind !== 'lists')
        return { reply, report: () => lists.report(found, reply, asker, attempt.address) }
      lists.networks.learn(reply)
    }
  }

  function refuseFull(limit: string, waitMs: number, reason = ''): never {
    metrics.refusals.inc({ limit })
    throw new Refusal(ANSWERS[limit] ?? 'tooManyRequests', waitOf(waitMs), reason)
  }

  /**
   * @returns when the send was counted in the budget, 0 without a budget, and a function for a send that was not
   *   enqueued, which gives back the units of segment, country, budget and API key. The limits of address, subnet and
   *   limit key count requests, so their units stay taken.
   * @throws Refusal, StoreError
   */
  return async function admit(attempt: SendAttempt, shown: Shown) {
    const ph = keyring.pseudonym(attempt.mobile)
    const { reply, report } = await decide(attempt, ph, shown)
    const { kind, number, text, rows } = reply
    if (kind === 'attempts') return refuseFull(text('limit'), number('wait'))
    guard.report(rows, attempt)
    const challenge = 'proof'
    if (kind === 'proof_needed' && attempt.backEnd === undefined)
      throw new Refusal('proofNeeded', { challenge })
    // A back end need not offer proofs of work, so it also learns when a send is possible without one.
    if (kind === 'proof_needed') throw new Refusal('sentTooOften', { challenge, ...waitOf(number('wait')) })
    if (kind === 'wrong') throw new Refusal(shown.failed ?? 'captchaWrong')
    report()
    if (kind === 'full') return refuseFull(text('limit'), number('wait'), `limit_${text('limit')}`)
    if (kind === 'denied') {
      const guardSeconds = Math.ceil(number('wait') / 1000)
      const reason: (typeof DENIALS)[number] = guardSeconds > 0 ? 'guard' : 'deny_list'
      metrics.refusals.inc({ limit: reason })
      throw new Refusal('sentTooOften', { retry_after: guardSeconds || hourlyWait(ph) }, reason)
    }
    const isAllowListed = number('is_allowed') === 1
    const at = number('at')
    const { backEnd, country, mobile } = attempt
    const counted = [
      keys.budget,
      ...(isAllowListed ? [] : [keys.gate('segment', numberSegment(mobile)), keys.gate('country', country)]),
      ...(backEnd === undefined ? [] : [keys.sendsOf(backEnd)]),
    ]
    const budgetUnit = rules.windows.budget.length > 0 ? at : 0
    return { isAllowListed, budgetUnit, release: () => counters.giveBack(at, counted) }
  }
}
