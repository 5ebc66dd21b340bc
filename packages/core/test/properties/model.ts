import type { CodePolicy } from '../../src/codes/code-store.ts'
import type { Channel, Send } from '../../src/codes/send.ts'
import type { DeliveryState, Settlement } from '../../src/codes/send-ledger.ts'

/**
 * The promises about the codes of one phone, as a specification without Redis, concurrency and cryptography.
 * code-life.test.ts gives the same commands to this model and to the real store, and compares the answers. All times
 * are in seconds.
 *
 * - A phone gets only so many messages in each window of its limits. A live code is sent again and not replaced.
 * - Only so many guesses are compared for each request id of a code, and without an id. A code is used once.
 * - Only the newest claim may call a gateway. A claim whose lease ended leaves a doubt about its gateway.
 * - A slot of the limits comes back only if certainly no message left.
 * - A send ends once; after that only a delivery report changes its status.
 */

const DAY = 86_400
/** How long a record outlives its code. */
const KEEP = 600

/** A code with its newest send. */
type CodeState = {
  rid: string
  code: string
  expiresAt: number
  latestExpiry: number
  /** The ids that callers received for this code. */
  requestIds: string[]
  /** How often each id was used for a guess, whether the id is one of `requestIds` or not. */
  guesses: Map<string, number>
  /** Guesses without an id, or with an id of another request, since the newest send. */
  guessesWithoutId: number
  isUsed: boolean
  /** Whether the code may have been read in a mailbox. */
  mailState: 'none' | 'claimed' | 'may_have_left'
  /** Number of the newest claim; only its holder may settle. */
  fence: number
  /** The gateway of the newest claim. */
  gateway: string
  send: SendState
}

type SendState = {
  n: number
  status: 'queued' | 'sending' | 'sent' | 'delivered' | 'fell_back' | 'failed'
  channel: Channel
  reason: string
  sendBy: number
  wasClaimed: boolean
  leaseUntil: number
  /** The gateway that may have taken the message although it gave no answer, or ''. */
  doubtedGateway: string
  /** An earlier gateway may have taken the message too, and no answer can settle that any more. */
  hasUnresolvedDoubt: boolean
  /** The one permitted second message was risked. */
  secondSendRisked: boolean
  moves: number
  /** The other channel may still take the send. */
  mayMove: boolean
  /** The doubt and the risk on SMS, while the send is on the channel email. */
  smsDoubt: { doubtedGateway: string; secondSendRisked: boolean }
}

/** When wrong guesses with and without the request id were compared. */
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

  /** The code with this send as its newest; undefined if a newer send or another request has replaced it. */
  function findSend({ rid, scene, n }: Send): CodeState | undefined {
    const found = find(scene)
    return found?.rid === rid && found.send.n === n ? found : undefined
  }

  function giveSlotBack({ rid, n }: Send): void {
    acceptedSends = acceptedSends.filter(({ name }) => name !== `${rid}.${n}`)
  }

  /** The longest wait of all windows, and the window that demands it. */
  function waitForSlot(): { windowSeconds: number; retryAfter: number } {
    let longest = { windowSeconds: 0, retryAfter: 0 }
    for (const { most, seconds } of policy.sends) {
      const secondsInWindow = acceptedSends.map(({ at }) => at + seconds - now).filter((left) => left > 0)
      const retryAfter = secondsInWindow.at(-most) ?? 0
      if (retryAfter > longest.retryAfter) longest = { windowSeconds: seconds, retryAfter }
    }
    return longest
  }

  type Change = { reason: string; isCertain: boolean; mayReturn: boolean; smsDoubt: SendState['smsDoubt'] }
  function move(code: CodeState, { reason, isCertain, mayReturn, smsDoubt }: Change): void {
    const { send } = code
    code.gateway = ''
    const isReturn = send.channel === 'email'
    Object.assign(send, isReturn ? send.smsDoubt : { doubtedGateway: '', secondSendRisked: false, smsDoubt })
    send.channel = isReturn ? 'sms' : 'email'
    send.status = 'queued'
    send.reason = reason
    send.leaseUntil = 0
    send.hasUnresolvedDoubt = !isCertain
    send.moves += 1
    send.mayMove = mayReturn
  }

  const hasTimeToSend = ({ expiresAt, send }: CodeState) => Math.min(expiresAt, send.sendBy) > now

  /** A code is sent again if it is unused, has not expired, and would have half a life left. */
  function canSendAgain(code: CodeState): boolean {
    const hasHalfALife = code.latestExpiry - now >= policy.ttlSeconds / 2
    return !code.isUsed && code.expiresAt > now && hasHalfALife
  }

  function settle(send: Send, owner: number | 'unclaimed', what: Settlement): boolean {
    const code = findSend(send)
    if (code === undefined || !isOpen(code.send)) return false
    const current = code.send
    const { status, channel = 'sms', doubtedGateway = '', gateway = '', secondSendRisked = false } = what
    if (current.channel !== channel || (owner !== 'unclaimed' && code.fence !== owner)) return false

    // Only a send whose message certainly did not leave gives its slot back.
    const isInCall = owner === 'unclaimed' && current.status === 'sending'
    const isCertain =
      current.doubtedGateway === '' && doubtedGateway === '' && !current.hasUnresolvedDoubt && !isInCall
    if (current.channel === 'email' && code.mailState === 'claimed') {
      const mayHaveLeft = status === 'fell_back' || doubtedGateway !== '' || owner === 'unclaimed'
      code.mailState = mayHaveLeft ? 'may_have_left' : 'none'
    }
    if (status === 'moved') {
      const smsDoubt = { doubtedGateway, secondSendRisked }
      move(code, { reason: current.reason, isCertain, mayReturn: what.mayReturn === true, smsDoubt })
      return true
    }
    if (status === 'failed' && current.channel === 'email' && current.reason === 'missing') {
      // The mail was only a follow-up to an accepted SMS, so the send stays `sent`.
      current.status = 'sent'
      current.channel = 'sms'
      current.leaseUntil = 0
      current.doubtedGateway = ''
      return false
    }
    if (status === 'failed' && isCertain) giveSlotBack(send)
    const isSecondDoubt =
      current.doubtedGateway !== '' && doubtedGateway !== '' && doubtedGateway !== current.doubtedGateway
    current.hasUnresolvedDoubt ||= isSecondDoubt
    current.status = status
    current.channel = channel
    current.leaseUntil = 0
    current.doubtedGateway = doubtedGateway
    current.secondSendRisked = secondSendRisked
    code.gateway = gateway
    return true
  }

  return {
    pass(seconds: number): void {
      now += seconds
    },

    /** Redis loses its data. */
    loseAllData(): void {
      codes = new Map()
      acceptedSends = []
      misses = { withId: [], withoutId: [] }
    },

    /** @param fresh the caller's request id, and the digits of the code if a new code is made */
    issue(scene: string, fresh: { requestId: string; code: string }) {
      const wait = waitForSlot()
      if (wait.retryAfter > 0) return { kind: 'throttled', ...wait }
      const live = find(scene)
      const isSentAgain = live !== undefined && canSendAgain(live)
      const latestExpiry = isSentAgain ? live.latestExpiry : now + 2 * policy.ttlSeconds
      const send: SendState = {
        n: isSentAgain ? live.send.n + 1 : 1,
        status: 'queued',
        channel: 'sms',
        reason: '',
        sendBy: now + policy.sendWithinSeconds,
        wasClaimed: false,
        leaseUntil: 0,
        doubtedGateway: '',
        hasUnresolvedDoubt: false,
        secondSendRisked: false,
        moves: 0,
        mayMove: true,
        smsDoubt: { doubtedGateway: '', secondSendRisked: false },
      }
      const untouched = { isUsed: false, fence: 0, gateway: '', mailState: 'none' as const }
      const made = {
        ...untouched,
        rid: fresh.requestId,
        code: fresh.code,
        requestIds: [],
        guesses: new Map(),
      }
      const code = isSentAgain ? live : made
      const expiresAt = Math.min(now + policy.ttlSeconds, latestExpiry)
      const requestIds = [...code.requestIds, fresh.requestId]
      codes.set(scene, { ...code, requestIds, guessesWithoutId: 0, latestExpiry, expiresAt, send })
      acceptedSends.push({ at: now, name: `${code.rid}.${send.n}` })
      return {
        kind: 'issued',
        send: { rid: code.rid, scene, n: send.n },
        code: code.code,
        expiresIn: expiresAt - now,
        resendAfter: waitForSlot().retryAfter,
      }
    },

    verify(scene: string, guess: string, requestId: string | undefined) {
      const code = find(scene)
      const leftToday = (missedAt: number[], most: number) => {
        const today = missedAt.map((at) => at + DAY - now).filter((left) => left > 0)
        return { left: most - today.length, retryAfter: today.at(-most) }
      }
      const withId = leftToday(misses.withId, policy.missesWithIdPerDay ?? Infinity)
      const withoutId = leftToday(misses.withoutId, policy.missesPerDay)
      const today = requestId === undefined ? withoutId : withId
      if (today.left <= 0) return { kind: 'throttled', retryAfter: today.retryAfter }
      if (code === undefined || code.isUsed || code.expiresAt <= now) return { kind: 'no', attemptsLeft: 0 }

      const isKnown = requestId !== undefined && code.requestIds.includes(requestId)
      const guessed = requestId === undefined ? code.guessesWithoutId : (code.guesses.get(requestId) ?? 0)
      if (guessed >= policy.compares) return { kind: 'no', attemptsLeft: 0 }
      if (requestId !== undefined) code.guesses.set(requestId, guessed + 1)
      const no = { kind: 'no', attemptsLeft: Math.min(policy.compares - guessed, today.left) - 1 }
      // An unknown id shares the guesses of callers without an id, but its holder is not told.
      if (!isKnown && (code.guessesWithoutId >= policy.compares || withoutId.left <= 0)) return no

      if (!isKnown) code.guessesWithoutId += 1
      if (code.code === guess) {
        code.isUsed = true
        return { kind: 'ok', rid: code.rid, channel: code.mailState === 'none' ? 'sms' : 'email' }
      }
      if (isKnown) misses.withId.push(now)
      else misses.withoutId.push(now)
      return no
    },

    refund(send: Send): boolean {
      const code = findSend(send)
      if (code?.send.status !== 'queued' || code.send.wasClaimed) return false
      giveSlotBack(send)
      if (send.n === 1) codes.delete(send.scene)
      else code.send.status = 'failed'
      return true
    },

    claim(send: Send, gateway: string, { fence, leaseSeconds, risksSecondSend, channel }: ModelClaim) {
      const code = find(send.scene)
      if (code?.rid !== send.rid) return { kind: 'gone', reason: 'no_record' }
      const current = code.send
      if (current.n !== send.n) return { kind: 'gone', reason: 'replaced' }
      if (!isOpen(current)) return { kind: 'done', status: current.status }
      if (current.channel !== channel) return { kind: 'gone', reason: 'moved', moves: current.moves }
      if (code.isUsed) {
        current.status = 'sent'
        return { kind: 'gone', reason: 'used' }
      }
      const isOwn = current.status === 'sending' && code.fence === fence
      const isLapsed = current.status === 'sending' && !isOwn
      if (isLapsed && current.leaseUntil > now)
        return { kind: 'busy', waitMs: (current.leaseUntil - now) * 1000 }

      // The worker of a lapsed claim may have called its gateway.
      const doubted = isLapsed ? code.gateway : current.doubtedGateway
      const isSecondDoubt = current.doubtedGateway !== '' && doubted !== current.doubtedGateway
      const hasUnresolvedDoubt = current.hasUnresolvedDoubt || isSecondDoubt
      if (!hasTimeToSend(code)) {
        if (channel === 'email' && current.reason === 'missing') {
          current.status = 'sent'
          current.channel = 'sms'
          return { kind: 'done', status: 'sent' }
        }
        if (doubted === '' && !hasUnresolvedDoubt) giveSlotBack(send)
        current.status = 'failed'
        return { kind: 'late' }
      }
      const answer = {
        kind: 'go',
        code: code.code,
        fence: code.fence + 1,
        lifeMs: (code.expiresAt - now) * 1000,
        doubt: doubted === '' ? null : { gateway: doubted },
        lapsedGateway: isLapsed ? code.gateway : '',
        secondSendRisked: current.secondSendRisked,
        moves: current.moves,
        mayMove: current.mayMove,
      }
      // A worker that learns of a doubt from this claim does not call yet, so the doubted gateway stays recorded.
      code.gateway = !isOwn && doubted !== '' ? doubted : gateway
      code.fence += 1
      current.status = 'sending'
      current.wasClaimed = true
      current.leaseUntil = now + leaseSeconds
      current.doubtedGateway = doubted
      current.hasUnresolvedDoubt = hasUnresolvedDoubt
      current.secondSendRisked ||= risksSecondSend
      if (channel === 'email' && code.mailState === 'none') code.mailState = 'claimed'
      return answer
    },

    settle: (send: Send, fence: number, what: Settlement): boolean => settle(send, fence, what),
    settleUnclaimed: (send: Send, what: Settlement): boolean => settle(send, 'unclaimed', what),

    report(send: Send, state: DeliveryState, mayMove: boolean) {
      const code = findSend(send)
      if (code === undefined) return { kind: 'kept' }
      const current = code.send
      if (state === 'delivered') {
        if (!isOpen(current) && current.status !== 'sent' && current.status !== 'failed')
          return { kind: 'kept' }
        current.status = 'delivered'
        current.channel = 'sms'
        return { kind: 'delivered' }
      }
      if (isOpen(current) && current.channel === 'sms') return { kind: 'early' }
      if (isOpen(current)) return { kind: 'moved', moves: current.moves }
      if (current.status !== 'sent' || code.isUsed) return { kind: 'kept' }
      if (mayMove && current.mayMove && hasTimeToSend(code)) {
        const smsDoubt = { doubtedGateway: '', secondSendRisked: false }
        move(code, { reason: state, isCertain: false, mayReturn: false, smsDoubt })
        return { kind: 'moved', moves: current.moves }
      }
      if (state === 'missing') return { kind: 'kept' }
      current.status = 'failed'
      return { kind: 'failed' }
    },
  }
}
export type Model = ReturnType<typeof createModel>
