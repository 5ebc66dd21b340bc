import type { Channel, Send } from '@sms-codes/core/send'
import type { Claim, SendLedger, Settlement } from '@sms-codes/core/send-ledger'
import type { Logger } from '@sms-codes/core/logger'
import type { SendJob } from '@sms-codes/core/queues'
import type { Outcome } from '@sms-codes/gateways/gateway'
import type { Fallback } from './fallback.ts'
import type { FollowUp } from './follow-up.ts'
import { messageIdOf, messageOf } from './message.ts'
import type { WorkerMetrics } from './metrics.ts'
import type { Order } from './order.ts'
import { planCalls, STEP, type Doubt } from './policy.ts'

export type DeliverDeps = {
  channel: Channel
  ledger: SendLedger
  order: Order
  metrics: WorkerMetrics
  log: Logger
  webOtpDomain?: string | undefined
  /** Longer than a gateway call can take, so that a live owner never loses its claim. */
  leaseMs: number
  /** Null where there is no other channel to go to. */
  fallback: Fallback | null
  /** Null where no gateway sends delivery receipts. */
  followUp: FollowUp | null
}

/** How a try ended. `busy`: somebody else is at it, look again in `ms`. The rest is over for this channel. */
export type Delivered =
  | { outcome: 'sent' | 'fell_back' | 'failed' | 'moved' | 'gone' | 'done'; why: string }
  | { outcome: 'busy'; ms: number }

/** Nobody has the message for certain yet and there is time left: the queue tries again. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater'
  readonly atLeastMs: number | undefined
  readonly atMostMs: number | undefined

  constructor(
    reason: string,
    { atLeastMs, atMostMs }: { atLeastMs?: number | undefined; atMostMs?: number } = {},
  ) {
    super(reason)
    this.atLeastMs = atLeastMs
    this.atMostMs = atMostMs
  }
}

/** How long a gateway that would recognise a repeat is asked again before a second message is risked elsewhere. */
const SILENT_MS = 5_000
// Vendors say that a message can be found some seconds after it was sent.
const LOOK_UP_AFTER_MS = 2_500

/**
 * One try at one send over one channel. Every gateway call is preceded by a claim and followed by a
 * settlement or the next claim; what a crash in between leaves behind is a doubt, which the next try finds.
 *
 * @throws RetryLater, StoreError: both mean "again later" to the queue
 */
export async function deliver(job: SendJob, deps: DeliverDeps, signal: AbortSignal): Promise<Delivered> {
  const { channel, ledger, metrics, leaseMs, fallback, followUp } = deps
  const gateways = deps.order(job)
  const send: Send = { rid: job.rid, scene: job.scene, n: job.n }
  const log = deps.log.child({ rid: job.rid, n: job.n, to: job.to, channel })
  let doubt: Doubt | null = null
  let extra = 0
  let known = false
  let calls = planCalls(gateways, null, false, 0)
  let fence = 0
  let ageMs = 0
  let last = ''

  const settle = (what: Settlement) =>
    ledger.settle(send, fence, { channel, doubt: doubt?.name ?? '', extra, ...what })

  const end = async (
    status: 'sent' | 'fell_back' | 'failed',
    by: string,
    what: Omit<Settlement, 'status'>,
  ) => {
    const mine = await settle({ status, ...what })
    if (mine) metrics.ended(status, by)
    log[status === 'failed' ? 'warn' : 'info']({ by }, status)
    return { outcome: status, why: by }
  }
  const taken = async (gateway: string, what: Omit<Settlement, 'status'>): Promise<Delivered> => {
    const ended = await end(channel === 'email' ? 'fell_back' : 'sent', gateway, { gateway, ...what })
    // What goes wrong with the receipt is no reason to do anything about the message.
    await followUp?.sent(job, gateway, what.messageId ?? messageIdOf(send)).catch((err: unknown) => {
      log.warn({ err }, 'no receipt will be joined')
    })
    return ended
  }
  /** SMS is at its end: the code goes by e-mail where that is open, else the send has failed. */
  const giveUp = async (reason: string, what: Omit<Settlement, 'status'> = {}): Promise<Delivered> => {
    if (fallback === null || !(await fallback.isOpen(job)))
      return end('failed', reason, channel === 'email' ? what : { ...what, reason })
    if (await settle({ status: 'moved', ...what, reason })) {
      await fallback.queue(job)
      metrics.ended('moved', reason)
      log.warn({ by: reason }, 'goes by e-mail')
    }
    return { outcome: 'moved', why: reason }
  }
  const later = async (
    reason: string,
    what: Omit<Settlement, 'status'>,
    when: ConstructorParameters<typeof RetryLater>[1] = {},
  ): Promise<never> => {
    await settle({ status: 'queued', ...what })
    throw new RetryLater(reason, when)
  }

  for (let call = calls.shift(); call !== undefined; call = calls.shift()) {
    const { gateway, ask, risk } = call
    const { name } = gateway
    const claim: Claim = await ledger.claim(send, name, fence, leaseMs, { risk, channel })
    if (claim.kind === 'busy') return { outcome: 'busy', ms: claim.ms }
    if ('why' in claim) {
      if (claim.why === 'late') metrics.ended('failed', 'late')
      // Its worker may have ended between moving it and queueing it.
      if (claim.why === 'moved' && fallback !== null) await fallback.queue(job)
      log.info({ why: claim.why }, 'nothing to send')
      return { outcome: claim.kind, why: claim.why }
    }
    // After a lapse somebody else may have called: then the plan is stale, as it is before the first claim.
    const overtaken = claim.fence !== fence + 1
    fence = claim.fence
    if (claim.kind === 'unreadable') return end('failed', 'unreadable', { reason: 'unreadable' })
    ageMs = claim.ageMs
    if (!known || overtaken) {
      known = true
      extra = claim.extra
      doubt = claim.doubt === '' ? null : { name: claim.doubt, sinceMs: claim.doubtAt }
      if (doubt !== null) {
        const heard = (await followUp?.doubted(job, doubt.name, messageIdOf(send))) ?? null
        if (heard === 'delivered') return taken(doubt.name, {})
        if (heard === 'undelivered') return giveUp('undelivered', { gateway: doubt.name })
        calls = planCalls(gateways, doubt, extra === 1, Date.now())
        continue
      }
    }

    const message = messageOf(claim, send, deps.webOtpDomain)
    if (ask === 'look_up') {
      const found = (await gateway.lookUp?.(message, new Date(doubt?.sinceMs ?? 0), signal)) ?? {
        found: 'unknown',
      }
      log.info({ gateway: name, found: found.found }, 'asked what became of it')
      if (found.found === 'taken')
        return taken(name, found.messageId === undefined ? {} : { messageId: found.messageId })
      if (found.found === 'refused') {
        doubt = null
        calls = planCalls(gateways, null, false, 0)
      }
      continue
    }

    const outcome = await gateway.send(message, signal)
    metrics.called(channel, name, outcome.class)
    report(log, name, outcome, doubt?.name === name)
    last = `${name} ${outcome.code}`
    const step = STEP[outcome.class]
    if (risk && (step === 'sent' || step === 'doubt')) extra = 1
    switch (step) {
      case 'sent':
        return taken(name, outcome.messageId === undefined ? {} : { messageId: outcome.messageId })
      case 'stop':
        return giveUp(outcome.class, { gateway: name })
      case 'later':
        return later(last, { gateway: name }, { atLeastMs: outcome.retryAfterMs })
      case 'doubt': {
        // It is silent about its own repeats as well: the one second message takes another way, if there is one.
        if (doubt?.name === name && !risk && ageMs >= SILENT_MS && calls.length > 0) continue
        const atLeastMs = gateway.lookUp === undefined ? undefined : LOOK_UP_AFTER_MS
        return later(last, { gateway: name, doubt: name }, { atLeastMs })
      }
      case 'next_gateway':
    }
  }

  // In doubt, with nothing left that may be repeated and the one second message spent.
  if (last === '') return giveUp('ambiguous')
  const reason = `no gateway took it, last ${last}`
  if (fallback === null || !(await fallback.isOpen(job))) return later(reason, {})
  if (ageMs >= fallback.afterMs) return giveUp('no_gateway')
  return later(reason, {}, { atMostMs: fallback.afterMs - ageMs })
}

/** One line for each answer that somebody may have to act on. */
function report(log: Logger, gateway: string, outcome: Outcome, repeated: boolean): void {
  const line = { gateway, class: outcome.class, code: outcome.code }
  if (outcome.class === 'accepted') return
  if (outcome.class === 'duplicate') {
    if (!repeated) log.error(line, 'gateway knew the id of a message that was not sent before')
    return
  }
  const level = outcome.class === 'config' || outcome.class === 'template' ? 'error' : 'warn'
  log[level](line, 'gateway did not take it')
}
