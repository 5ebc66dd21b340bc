import type { Keyring } from '@sms-codes/core/keyring'
import { limitArgs, type Counters } from '@sms-codes/core/limits/counters'
import { GROUPS, memberOf } from '@sms-codes/core/limits/guard-counts'
import { phoneNames } from '@sms-codes/core/limits/networks'
import type { Window } from '@sms-codes/core/limits/windows'
import { numberSegment } from '@sms-codes/core/mobile'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { keys } from '@sms-codes/core/redis/keys'
import { createScript, type Reply } from '@sms-codes/core/redis/script'
import { Refusal, type Answer } from '../http/answers.ts'
import type { ApiMetrics } from '../metrics.ts'
import { hourlyWait, type ListCheck } from './allow-deny-lists.ts'
import type { SendAttempt } from './caller.ts'
import type { PumpingGuard } from './pumping-guard.ts'

/** The limits of a request for a message, in the order of the keys of admission.lua. */
const LIMITS = ['attempts', 'subnet_attempts', 'address', 'subnet', 'segment', 'country', 'budget'] as const
type LimitName = (typeof LIMITS)[number]

const ANSWERS: Record<LimitName, Answer> = {
  attempts: 'tooManyRequests',
  subnet_attempts: 'tooManyRequests',
  address: 'tooManyRequests',
  subnet: 'tooManyRequests',
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
  /** An address with more attempts than this needs a proof. */
  proofAfter: number
}

/** `failed`: how the request is refused for its picture or proof, or null if both are right. */
type Shown = { failed: Answer | null; hasProof: boolean }

/**
 * Admits a request for a message, or refuses it: attempts, step-up, picture, lists, pumping guard, and the limits of
 * address, subnet, segment, country and budget. One script decides and counts (admission.lua). It replaced four, which took half
 * of the CPU that a send cost Redis.
 */
export function createAdmission({ redis, counters, keyring, metrics, lists, guard }: Needs, rules: Rules) {
  /** The limits of the sends to a country, and the script that applies them. */
  function decisionOf(sends: readonly Window[]) {
    const windows = { ...rules.windows, country: sends }
    const limits = LIMITS.filter((name) => name !== 'country' || sends.length > 0)
    const parts = limits.map((name) => ({
      key: name === 'budget' ? keys.budget : '',
      windows: windows[name],
    }))
    const { proofAfter: proof_after } = rules
    const script = createScript(redis, new URL('./admission.lua', import.meta.url), {
      rules: { limits: limitArgs(parts), proof_after, groups: guard.rules },
    })
    return { limits, script }
  }
  const usual = decisionOf([])
  const limited = Object.entries(rules.countries).filter(([, { sends = [] }]) => sends.length > 0)
  const ofCountry = new Map(limited.map(([country, { sends = [] }]) => [country, decisionOf(sends)]))

  function keysOf(attempt: SendAttempt, limits: readonly LimitName[]): string[] {
    const { address, subnet, mobile, country } = attempt
    const names = {
      attempts: keys.gate('attempts', address),
      subnet_attempts: keys.gate('subnet_attempts', subnet),
      address: keys.gate('address', address),
      subnet: keys.gate('subnet', subnet),
      segment: keys.gate('segment', numberSegment(mobile)),
      country: keys.gate('country', country),
      budget: keys.budget,
    }
    const groups = GROUPS.map((group) => [group, memberOf(group, attempt)] as const)
    return [
      ...limits.map((name) => names[name]),
      ...groups.map(([group, who]) => keys.guarded(group, who)),
      ...groups.map(([group, who]) => keys.guardMark('mark', group, who)),
      ...groups.map(([group, who]) => keys.guardMark('times', group, who)),
      keys.list('allow'),
      keys.list('deny'),
      keys.listVersion,
    ]
  }

  /** Asks the script. If it answers new networks, the process finds the send in these and asks again. */
  async function decide(attempt: SendAttempt, ph: string, { failed, hasProof }: Shown) {
    const asker = { ip: attempt.ip, mobile: attempt.mobile, ph }
    const shown = [phoneNames(asker).join(' '), failed === null ? 1 : 0, hasProof ? 1 : 0]
    const { limits, script } = ofCountry.get(attempt.country) ?? usual
    const allKeys = keysOf(attempt, limits)
    for (;;) {
      const found = lists.find(asker)
      const known = [lists.networks.version(), found.isAllowed ? 1 : 0, found.isDenied ? 1 : 0]
      const reply = await script(allKeys, [...known, ...shown])
      if (reply.kind !== 'lists')
        return { reply, limits, report: () => lists.report(found, reply, asker, attempt.address) }
      lists.networks.learn(reply)
    }
  }

  function refuseFull(limits: readonly LimitName[], { number }: Pick<Reply, 'number'>): never {
    const name = limits[number('limit') - 1] ?? 'budget'
    metrics.refusals.inc({ limit: name })
    throw new Refusal(ANSWERS[name], { retry_after: Math.ceil(number('wait') / 1000) })
  }

  /**
   * @returns when the send was counted in the budget, 0 without a budget, and a function for a send that was not
   *   enqueued, which gives back the units of segment, country and budget. The limits of address and subnet count requests, so
   *   their units stay taken.
   * @throws Refusal, StoreError
   */
  return async function admit(attempt: SendAttempt, shown: Shown) {
    const ph = keyring.pseudonym(attempt.mobile)
    const { reply, limits, report } = await decide(attempt, ph, shown)
    const { kind, number, rows } = reply
    if (kind === 'attempts') return refuseFull(limits, reply)
    guard.report(rows, attempt)
    if (kind === 'proof_needed') throw new Refusal('proofNeeded', { challenge: 'proof' })
    if (kind === 'wrong') throw new Refusal(shown.failed ?? 'captchaWrong')
    report()
    if (kind === 'full') return refuseFull(limits, reply)
    if (kind === 'denied') {
      const seconds = Math.ceil(number('wait') / 1000) || hourlyWait(ph)
      throw new Refusal('sentTooOften', { retry_after: seconds })
    }
    const isAllowListed = number('is_allowed') === 1
    const at = number('at')
    const segment = keys.gate('segment', numberSegment(attempt.mobile))
    const country = keys.gate('country', attempt.country)
    const counted = isAllowListed ? [keys.budget] : [segment, country, keys.budget]
    const budgetUnit = rules.windows.budget.length > 0 ? at : 0
    return { isAllowListed, budgetUnit, release: () => counters.giveBack(at, counted) }
  }
}
