import type { CodePolicy } from '../../src/codes/code-store.ts'
import type { Channel, Send } from '../../src/codes/send.ts'
import type { DeliveryState, Settlement } from '../../src/codes/send-ledger.ts'

/**
 * The promises about the codes of one phone, as a specification: no Redis, no races, no cryptography. A property test
 * gives the same commands to this model and to the real store, and compares the answers. All times are in seconds.
 */

const DAY = 86_400
/** How long a record outlives its code. */
const KEEP = 600

/** What is remembered of a code and of its newest send. */
type CodeState = {
  rid: string
  code: string
  expiresAt: number
  latestExpiry: number
  guessesWithId: number
  guessesWithoutId: number
  isUsed: boolean
  mailState: 'none' | 'claimed' | 'may_have_left'
  fence: number
  gateway: string
  send: SendState
}

type SendState = {
  n: number
  status: 'queued' | 'sending' | 'sent' | 'delivered' | 'fell_back' | 'failed'
  channel: Channel
  reason: string
  sendBy: number
  leaseUntil: number
  doubtedGateway: string
  hasUnresolvedDoubt: boolean
  secondSendRisked: boolean
}

type Misses = { withId: number[]; withoutId: number[] }
type ModelClaim = { fence: number; leaseSeconds: number; risksSecondSend: boolean; channel: Channel }

const isOpen = ({ status }: SendState) => status === 'queued' || status === 'sending'

export function createModel(policy: CodePolicy) {
  let now = 0
  let codes = new Map<string, CodeState>()
  let acceptedSends: { at: number; name: string }[] = []
  let misses: Misses = { withId: [], withoutId: [] }

  function find(scene: string): CodeState | undefined {
    const found = codes.get(scene)
    return found !== undefined && found.latestExpiry + KEEP > now ? found : undefined
  }

  /** The code of this very send; undefined if a newer send or another request took its place. */
  function findSend({ rid, scene, n }: Send): CodeState | undefined {
    const found = find(scene)
    return found?.rid === rid && found.send.n === n ? found : undefined
  }

  function giveSlotBack({ rid, n }: Send): void {
    acceptedSends = acceptedSends.filter(({ name }) => name !== `${rid}.${n}`)
  }

  /** The longest wait that any window of the phone demands, and that window. */
  function waitForSlot(): { windowSeconds: number; retryAfter: number } {
    let longest = { windowSeconds: 0, retryAfter: 0 }
    for (const { most, seconds } of policy.sends) {
      const remaining = acceptedSends.map(({ at }) => at + seconds - now).filter((left) => left > 0)
      const retryAfter = remaining.at(-most) ?? 0
      if (retryAfter > longest.retryAfter) longest = { windowSeconds: seconds, retryAfter }
    }
    return longest
  }

  function moveToEmail(send: SendState, reason: string, isCertain: boolean): void {
    send.status = 'queued'
    send.channel = 'email'
    send.reason = reason
    send.leaseUntil = 0
    send.doubtedGateway = ''
    send.secondSendRisked = false
    send.hasUnresolvedDoubt = !isCertain
  }

  const hasTimeToSend = ({ expiresAt, send }: CodeState) => Math.min(expiresAt, send.sendBy) > now

  /** A live code can be sent again: unused, unexpired, with guesses left, and with half a life ahead. */
  function canSendAgain(code: CodeState): boolean {
    const hasGuesses = Math.max(code.guessesWithId, code.guessesWithoutId) < policy.compares
    const hasHalfALife = code.latestExpiry - now >= policy.ttlSeconds / 2
    return !code.isUsed && code.expiresAt > now && hasGuesses && hasHalfALife
  }

  function settle(send: Send, owner: number | 'unclaimed', what: Settlement): boolean {
    const code = findSend(send)
    if (code === undefined || !isOpen(code.send)) return false
    const held = code.send
    const { status, channel = 'sms', doubtedGateway = '', gateway = '', secondSendRisked = false } = what
    if (owner === 'unclaimed' ? held.channel !== channel : code.fence !== owner) return false

    // Only a send that certainly did not leave gives its slot back.
    const isCutOff = owner === 'unclaimed' && held.status === 'sending'
    const isCertain =
      held.doubtedGateway === '' && doubtedGateway === '' && !held.hasUnresolvedDoubt && !isCutOff
    if (status === 'moved') {
      code.gateway = ''
      moveToEmail(held, held.reason, isCertain)
      return true
    }
    if (held.channel === 'email' && code.mailState === 'claimed') {
      const mayHaveLeft = status === 'fell_back' || doubtedGateway !== '' || owner === 'unclaimed'
      code.mailState = mayHaveLeft ? 'may_have_left' : 'none'
    }
    if (status === 'failed' && held.channel === 'email' && held.reason === 'missing') {
      // The mail was only a follow-up to an accepted SMS.
      held.status = 'sent'
      held.channel = 'sms'
      held.leaseUntil = 0
      held.doubtedGateway = ''
      return false
    }
    if (status === 'failed' && isCertain) giveSlotBack(send)
    const isSecondDoubt =
      held.doubtedGateway !== '' && doubtedGateway !== '' && doubtedGateway !== held.doubtedGateway
    held.hasUnresolvedDoubt ||= isSecondDoubt
    held.status = status
    held.channel = channel
    held.leaseUntil = 0
    held.doubtedGateway = doubtedGateway
    held.secondSendRisked = secondSendRisked
    code.gateway = gateway
    return true
  }

  return {
    pass(seconds: number): void {
      now += seconds
    },

    /** Redis loses everything. */
    forget(): void {
      codes = new Map()
      acceptedSends = []
      misses = { withId: [], withoutId: [] }
    },

    /** @param fresh the id and the code that a new code would have */
    issue(scene: string, fresh: { rid: string; code: string }) {
      const wait = waitForSlot()
      if (wait.retryAfter > 0) return { kind: 'throttled', ...wait }
      const live = find(scene)
      const isAgain = live !== undefined && canSendAgain(live)
      const latestExpiry = isAgain ? live.latestExpiry : now + 2 * policy.ttlSeconds
      const send: SendState = {
        n: isAgain ? live.send.n + 1 : 1,
        status: 'queued',
        channel: 'sms',
        reason: '',
        sendBy: now + policy.sendWithinSeconds,
        leaseUntil: 0,
        doubtedGateway: '',
        hasUnresolvedDoubt: false,
        secondSendRisked: false,
      }
      const unused = { guessesWithId: 0, guessesWithoutId: 0, isUsed: false, fence: 0, gateway: '' }
      const kept = isAgain ? live : { ...unused, ...fresh, mailState: 'none' as const }
      const expiresAt = Math.min(now + policy.ttlSeconds, latestExpiry)
      codes.set(scene, { ...kept, latestExpiry, expiresAt, send })
      acceptedSends.push({ at: now, name: `${kept.rid}.${send.n}` })
      return {
        kind: 'issued',
        send: { rid: kept.rid, scene, n: send.n },
        code: kept.code,
        expiresIn: expiresAt - now,
        resendAfter: waitForSlot().retryAfter,
      }
    },

    verify(scene: string, guess: string, requestId: string | undefined) {
      const code = find(scene)
      const isOwner = code !== undefined && code.rid === requestId
      const list = isOwner ? misses.withId : misses.withoutId
      const today = list.map((at) => at + DAY - now).filter((left) => left > 0)
      if (today.length >= policy.missesPerDay)
        return { kind: 'throttled', retryAfter: today.at(-policy.missesPerDay) }
      const counter = isOwner ? 'guessesWithId' : 'guessesWithoutId'
      if (code === undefined || code.isUsed || code.expiresAt <= now || code[counter] >= policy.compares)
        return { kind: 'no', attemptsLeft: 0 }
      code[counter] += 1
      if (code.code === guess) {
        code.isUsed = true
        return { kind: 'ok', rid: code.rid, channel: code.mailState === 'none' ? 'sms' : 'email' }
      }
      list.push(now)
      const leftOfCode = policy.compares - code[counter]
      const leftOfDay = policy.missesPerDay - today.length - 1
      return { kind: 'no', attemptsLeft: Math.min(leftOfCode, leftOfDay) }
    },

    refund(send: Send): boolean {
      const code = findSend(send)
      if (code?.send.status !== 'queued') return false
      giveSlotBack(send)
      if (send.n === 1) codes.delete(send.scene)
      else code.send.status = 'failed'
      return true
    },

    claim(send: Send, gateway: string, { fence, leaseSeconds, risksSecondSend, channel }: ModelClaim) {
      const code = find(send.scene)
      if (code?.rid !== send.rid) return { kind: 'gone', reason: 'no_record' }
      const held = code.send
      if (held.n !== send.n) return { kind: 'gone', reason: 'replaced' }
      if (!isOpen(held)) return { kind: 'done', status: held.status }
      if (held.channel !== channel) return { kind: 'gone', reason: 'moved' }
      if (code.isUsed) {
        held.status = 'sent'
        return { kind: 'gone', reason: 'used' }
      }
      const isOwn = held.status === 'sending' && code.fence === fence
      const isLapsed = held.status === 'sending' && !isOwn
      if (isLapsed && held.leaseUntil > now) return { kind: 'busy', waitMs: (held.leaseUntil - now) * 1000 }

      // The owner of a lapsed claim may have called its gateway.
      const doubted = isLapsed ? code.gateway : held.doubtedGateway
      const isSecondDoubt = held.doubtedGateway !== '' && doubted !== held.doubtedGateway
      const hasUnresolvedDoubt = held.hasUnresolvedDoubt || isSecondDoubt
      if (!hasTimeToSend(code)) {
        if (channel === 'email' && held.reason === 'missing') {
          held.status = 'sent'
          held.channel = 'sms'
          return { kind: 'done', status: 'sent' }
        }
        if (doubted === '' && !hasUnresolvedDoubt) giveSlotBack(send)
        held.status = 'failed'
        return { kind: 'late' }
      }
      const answer = {
        kind: 'go',
        code: code.code,
        fence: code.fence + 1,
        lifeMs: (code.expiresAt - now) * 1000,
        doubt: doubted === '' ? null : { gateway: doubted },
        secondSendRisked: held.secondSendRisked,
      }
      code.gateway = !isOwn && doubted !== '' ? doubted : gateway
      code.fence += 1
      held.status = 'sending'
      held.leaseUntil = now + leaseSeconds
      held.doubtedGateway = doubted
      held.hasUnresolvedDoubt = hasUnresolvedDoubt
      held.secondSendRisked ||= risksSecondSend
      if (channel === 'email' && code.mailState === 'none') code.mailState = 'claimed'
      return answer
    },

    settle: (send: Send, fence: number, what: Settlement): boolean => settle(send, fence, what),
    settleUnclaimed: (send: Send, what: Settlement): boolean => settle(send, 'unclaimed', what),

    report(send: Send, state: DeliveryState, mayFallBack: boolean) {
      const code = findSend(send)
      if (code === undefined) return { kind: 'kept' }
      const held = code.send
      if (state === 'delivered') {
        if (!isOpen(held) && held.status !== 'sent' && held.status !== 'failed') return { kind: 'kept' }
        held.status = 'delivered'
        held.channel = 'sms'
        return { kind: 'delivered' }
      }
      if (isOpen(held)) return { kind: held.channel === 'email' ? 'moved' : 'early' }
      if (held.status !== 'sent' || code.isUsed) return { kind: 'kept' }
      if (mayFallBack && hasTimeToSend(code)) {
        code.gateway = ''
        moveToEmail(held, state, false)
        return { kind: 'moved' }
      }
      if (state === 'missing') return { kind: 'kept' }
      held.status = 'failed'
      return { kind: 'failed' }
    },
  }
}
export type Model = ReturnType<typeof createModel>
