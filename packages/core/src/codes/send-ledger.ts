import type { Keyring } from '../keyring.ts'
import { keys } from '../redis/keys.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { createScript } from '../redis/script.ts'
import { CLAIM } from '../scripts/claim.ts'
import { LAPSE } from '../scripts/lapse.ts'
import { REPORT } from '../scripts/report.ts'
import { SETTLE } from '../scripts/settle.ts'
import { sendKeys, type Channel, type Send } from './send.ts'

export type Claim =
  | {
      kind: 'go'
      mobile: string
      code: string
      fence: number
      lifeMs: number
      /** How long ago it was claimed for the first time. */
      ageMs: number
      doubt: string
      /** When the call in doubt began, by the clock of Redis; 0 without a doubt. */
      doubtAt: number
      extra: number
    }
  | { kind: 'gone'; why: string }
  /** By which gateway and under which id, where it was sent. */
  | { kind: 'done'; why: string; gateway: string; messageId: string }
  | { kind: 'unreadable'; fence: number }
  | { kind: 'busy'; ms: number }

export type Settlement = {
  /** `moved` hands the send to the e-mail channel. */
  status: 'queued' | 'moved' | 'sent' | 'fell_back' | 'failed'
  gateway?: string
  messageId?: string
  channel?: Channel
  /** The gateway that may have taken the message although we have no answer. */
  doubt?: string
  /** 1 once a second message was risked because of a doubt. */
  extra?: number
  /** Left out it stays what it was. */
  reason?: string
}

/** What a vendor says of a message it took; `missing`: nothing, in the time it had. */
export type DeliveryState = 'delivered' | 'undelivered' | 'missing'

/** `early`: the send has no answer yet; `soon`: its receipt still has time; `kept`: its state does not change by this. */
export type Reported =
  | { kind: 'delivered'; afterMs: number }
  | { kind: 'soon'; ms: number }
  | { kind: 'moved' | 'failed' | 'early' | 'kept' }

/** `open`: it is to be delivered; `done`: it has ended in time; `late`: it was ended just now; `over`: nothing. */
export type Lapse = 'open' | 'done' | 'late' | 'over'

const MOBILE_LENGTH = 11

/**
 * The worker's side of a code record: who may call a gateway now, and what came of it. A queue delivers at
 * least once; this is what makes a message leave once.
 *
 * Every method throws StoreError when Redis does not answer.
 */
export function createSendLedger(redis: RedisClient, keyring: Keyring) {
  const claimScript = createScript(redis, 'claim', CLAIM)
  const lapseScript = createScript(redis, 'lapse', LAPSE)
  const settleScript = createScript(redis, 'settle', SETTLE)
  const reportScript = createScript(redis, 'report', REPORT)
  /** An outage must not use up the budget of the day: what certainly was not sent was not spent. */
  const giveBack = async (unit: string | number | undefined) => {
    if (unit) await asStoreError('budget', redis.zrem(keys.budget, unit))
  }
  return {
    /**
     * The right to call `gateway` once for this send.
     * @param channel whose worker asks; a send that was moved to e-mail is gone for the other
     * @param fence the fence of the claim the caller already holds, 0 for none
     * @param leaseMs after this the claim counts as abandoned; longer than the gateway's deadline
     * @param risk the call may put a second message on the handset; remembered even if we crash in it
     */
    async claim(
      send: Send,
      gateway: string,
      fence: number,
      leaseMs: number,
      { risk = false, channel = 'sms' }: { risk?: boolean; channel?: Channel } = {},
    ): Promise<Claim> {
      const args = [send.rid, send.n, fence, gateway, leaseMs, risk ? 1 : 0, channel]
      const [kind, first, newFence, life, doubt, extra, age, doubtAt] = await claimScript(
        sendKeys(send),
        args,
      )
      if (kind === 'busy') return { kind, ms: Number(first) }
      if (kind === 'done')
        return { kind, why: String(first), gateway: String(newFence), messageId: String(life) }
      if (kind !== 'go') {
        if (first === 'late') await giveBack(newFence)
        return { kind: 'gone', why: String(first) }
      }
      const clear = keyring.open(String(first), send.rid)
      if (clear === null) return { kind: 'unreadable', fence: Number(newFence) }
      return {
        kind,
        mobile: clear.slice(0, MOBILE_LENGTH),
        code: clear.slice(MOBILE_LENGTH),
        fence: Number(newFence),
        lifeMs: Number(life),
        ageMs: Number(age),
        doubt: String(doubt),
        doubtAt: Number(doubtAt),
        extra: Number(extra),
      }
    },

    /**
     * Writes what became of a claim.
     * @param fence the claim's fence, or '*' to bury a send whose job can no longer run
     * @returns false when another claim has taken over or the send is already terminal
     */
    async settle(send: Send, fence: number | '*', what: Settlement): Promise<boolean> {
      const { status, gateway = '', messageId = '', channel = '', doubt = '', extra = 0, reason = '' } = what
      const args = [send.rid, send.n, fence, status, gateway, messageId, channel, doubt, extra, reason]
      const [done, unit] = await settleScript(sendKeys(send), args)
      if (done === 1) await giveBack(unit)
      return done === 1
    },

    /** What is left of a send whose job only another worker understands; see Lapse. */
    async lapse(send: Send): Promise<Lapse> {
      const [kind, unit] = await lapseScript(sendKeys(send), [send.rid, send.n])
      if (kind === 'late') await giveBack(unit)
      return kind === 'open' || kind === 'done' || kind === 'late' ? kind : 'over'
    },

    /**
     * What came after a send was settled. Anything twice changes nothing.
     * @param mayFallBack the scene's word
     * @param withinMs how long after it was sent a receipt is not yet missing
     */
    async report(send: Send, state: DeliveryState, mayFallBack: boolean, withinMs = 0): Promise<Reported> {
      const args = [send.rid, send.n, state, mayFallBack ? 1 : 0, withinMs]
      const [kind, first] = await reportScript(sendKeys(send), args)
      if (kind === 'delivered') return { kind, afterMs: Number(first) }
      if (kind === 'soon') return { kind, ms: Number(first) }
      return { kind: kind === 'moved' || kind === 'failed' || kind === 'early' ? kind : 'kept' }
    },
  }
}
export type SendLedger = ReturnType<typeof createSendLedger>
