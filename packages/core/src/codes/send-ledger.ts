import { answerArg, historyCode, type GatewayAnswer } from '../history/answer.ts'
import type { Failure } from '../history/failures.ts'
import type { Keyring } from '../keyring.ts'
import { createCounters } from '../limits/counters.ts'
import type { Window } from '../limits/windows.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { keys } from '../redis/keys.ts'
import { createScript, type Reply } from '../redis/script.ts'
import { toClaim, type Claim } from './claim.ts'
import { phoneOf, sendKeys, type Channel, type Send } from './send.ts'

type ClaimOptions = {
  /** Fence (number) of the claim that the caller has, 0 for no claim. */
  fence: number
  /** This long after the claim, another worker may replace the claim. A gateway call has a shorter deadline. */
  leaseMs: number
  /** Whether the call may cause a second message. The claim records the risk before the call. */
  risksSecondSend?: boolean
  channel?: Channel
  /** The most messages that the vendor takes for one phone, and the id under which the message counts. */
  quota?: { messageId: string; windows: readonly Window[] } | undefined
  /** The last answer of a gateway that is not recorded yet, for the history. */
  answer?: GatewayAnswer | null
}

export type Settlement = {
  /** `queued` returns the send for a later attempt. `moved` queues the send on the other channel. */
  status: 'queued' | 'moved' | 'sent' | 'fell_back' | 'failed'
  channel?: Channel
  gateway?: string | undefined
  messageId?: string | undefined
  doubtedGateway?: string | undefined
  secondSendRisked?: boolean | undefined
  /** If undefined or empty, the recorded reason is kept. */
  reason?: string | undefined
  /** For `moved`: whether the send may return to its channel later. */
  mayReturn?: boolean
  /** The last answer of a gateway that is not recorded yet, for the history. */
  answer?: GatewayAnswer | null
}

/** What is known of a message that a gateway accepted. `missing` means that no delivery receipt came in time. */
export type DeliveryState = 'delivered' | 'undelivered' | 'missing'

/** `early`: the send is not settled yet; `kept`: nothing changed. */
export type Reported =
  | { kind: 'delivered'; afterMs: number }
  /** The send is on the channel email, after so many moves. */
  | { kind: 'moved'; moves: number }
  | { kind: 'failed' | 'early' | 'kept' }

/**
 * The worker's side of a code record. A claim is the right of one worker to make one gateway call, and its number is
 * the fence. A settlement records the result of the call. A queue may run a job twice, so every run needs a claim
 * before its call. Every method throws StoreError when Redis does not answer.
 * @param tell called for each change to a status that the application is told: sent, delivered, fell_back or failed
 * @param listFailure called for each send that failed
 */
export function createSendLedger(
  redis: RedisClient,
  keyring: Keyring,
  tell: (send: Send, status: string) => void = () => {},
  listFailure: (send: Send, failure: Omit<Failure, 'at' | keyof Send>) => void = () => {},
) {
  const counters = createCounters(redis)
  const claimScript = createScript(redis, new URL('./lua/claim.lua', import.meta.url))
  const settleScript = createScript(redis, new URL('./lua/settle.lua', import.meta.url))
  const reportScript = createScript(redis, new URL('./lua/report-delivery.lua', import.meta.url))

  /** A message that certainly was not sent costs no budget, so that an outage does not use up the budget. */
  async function giveBudgetBack(reply: Reply): Promise<void> {
    const unit = reply.number('budget_unit')
    if (unit > 0) await counters.giveBack(unit, [keys.budget])
  }

  /** Reports a failed send. `lastAnswer` is `<channel>,<gateway>,<class>,<code>`, or '' if no gateway answered. */
  function fail(send: Send, channel: Channel, reason: string, lastAnswer: string): void {
    const [, gateway = '', , code = ''] = lastAnswer.split(',')
    tell(send, 'failed')
    listFailure(send, { channel, reason, gateway, code })
  }

  async function settleAs(owner: 'claimed' | 'unclaimed', send: Send, fence: number, what: Settlement) {
    const { status, channel = 'sms', gateway = '', messageId = '', doubtedGateway = '', reason = '' } = what
    const claim = [send.rid, send.n, owner, fence]
    const risked = what.secondSendRisked === true ? 1 : 0
    const mayReturn = what.mayReturn === true ? 1 : 0
    const result = [status, gateway, messageId, channel, doubtedGateway, risked, reason, mayReturn]
    const answer = answerArg(what.answer)
    const reply = await settleScript(sendKeys(send), [...claim, ...result, answer])
    if (reply.kind !== 'settled') return false
    await giveBudgetBack(reply)
    if (status === 'failed') fail(send, channel, reply.text('reason'), reply.text('last_answer'))
    else if (status !== 'queued' && status !== 'moved') tell(send, status)
    return true
  }

  return {
    /**
     * Asks for the right to call `gateway` once for this send. Without a gateway, a send whose time is over is ended, and
     * every other open send is `busy`.
     */
    async claim(send: Send, gateway: string, options: ClaimOptions): Promise<Claim> {
      const { fence, leaseMs, risksSecondSend = false, channel = 'sms', quota } = options
      const args = [
        send.rid,
        send.n,
        fence,
        gateway,
        leaseMs,
        risksSecondSend ? 1 : 0,
        channel,
        quota?.messageId ?? '',
        quota?.windows.map(({ most, seconds }) => `${seconds * 1000}:${most}`).join(' ') ?? '',
        answerArg(options.answer),
        ...keyring.keyIds,
      ]
      const reply = await claimScript([...sendKeys(send), keys.quota(phoneOf(send.rid))], args)
      const claim = toClaim(reply, keyring, send.rid)
      if (claim.kind === 'late') {
        await giveBudgetBack(reply)
        fail(send, channel, 'late', reply.text('last_answer'))
      }
      if (claim.kind === 'gone' && claim.reason === 'used') tell(send, 'sent')
      return claim
    },

    /** Stops counting a message in the gateway's quota of the phone, because certainly no message left. */
    async giveQuotaBack({ rid }: Send, gateway: string, messageId: string): Promise<void> {
      await asStoreError('quota', redis.zrem(keys.quota(phoneOf(rid)), `${gateway}|${messageId}`))
    },

    /** Records the result of the claim with this fence. False if a newer claim exists, or the send has ended. */
    settle: (send: Send, fence: number, what: Settlement): Promise<boolean> =>
      settleAs('claimed', send, fence, what),

    /** Ends a send whose job can no longer run. False if the send has ended or is on another channel. */
    settleUnclaimed: (send: Send, what: Settlement): Promise<boolean> => settleAs('unclaimed', send, 0, what),

    /**
     * Records what is known of a message after its gateway accepted the message. A repeated report changes nothing.
     * @param mayMove whether the send may move to e-mail
     * @param vendorCode the vendor's code in the delivery receipt
     */
    async report(send: Send, state: DeliveryState, mayMove: boolean, vendorCode = ''): Promise<Reported> {
      const code = historyCode(vendorCode)
      const args = [send.rid, send.n, state, mayMove ? 1 : 0, code]
      const { kind, number, text } = await reportScript(sendKeys(send), args)
      if (kind === 'delivered') tell(send, kind)
      if (kind === 'failed') fail(send, 'sms', 'undelivered', `sms,${text('gateway')},,${code}`)
      if (kind === 'delivered') return { kind, afterMs: number('after') }
      if (kind === 'moved') return { kind, moves: number('moves') }
      return { kind: kind === 'failed' || kind === 'early' ? kind : 'kept' }
    },
  }
}
export type SendLedger = ReturnType<typeof createSendLedger>
