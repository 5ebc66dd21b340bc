import type { Channel, Send } from '@sms-codes/core/codes/send'
import type { SendLedger } from '@sms-codes/core/codes/send-ledger'
import type { Logger } from '@sms-codes/core/logger'
import type { SendJob } from '@sms-codes/core/queues/send-queue'
import type { Found, Outcome, SmsMessage } from '@sms-codes/gateways/gateway'
import { QUOTA_FULL } from '../gateways/with-limits.ts'
import { endingsOf, type Delivered, type Knowledge } from './settle-send.ts'
import type { Fallback } from './email-fallback.ts'
import type { FollowUp } from './receipt-follow-up.ts'
import type { ListedGateway } from '../gateways/listed-gateway.ts'
import { messageIdOf, messageOf } from './message.ts'
import type { WorkerMetrics } from '../worker-metrics.ts'
import type { Order } from '../gateways/order.ts'
import { planCalls, STEP, type Doubt } from './call-plan.ts'

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

/** How long a gateway that would recognise a repeat is asked again before a second message is risked elsewhere. */
const SILENT_MS = 5_000
/** How long a gateway that is busy is waited for before the others are asked. */
const BUSY_MS = 3_000
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
  const known: Knowledge = { fence: 0, doubt: null, extra: 0 }
  const { taken, unreadable, giveUp, later } = endingsOf(job, deps, known, log)
  let calls = planCalls(gateways, null, false, 0)
  let ageMs = 0
  let last = ''
  let busyMs: number | undefined
  let isFull = true

  const mayGoByMail = async () => fallback !== null && ageMs >= fallback.afterMs && fallback.isOpen(job)

  for (let call = calls.shift(); call !== undefined; call = calls.shift()) {
    const { gateway, ask, risk } = call
    const { name } = gateway
    const claim = await ledger.claim(send, name, known.fence, leaseMs, { risk, channel })
    if (claim.kind === 'busy') return { outcome: 'busy', ms: claim.ms }
    if ('why' in claim) {
      if (claim.why === 'late') metrics.ended('failed', 'late')
      // Its worker may have ended between one of these steps and the next.
      if (claim.why === 'moved' && fallback !== null) await fallback.queue(job)
      if (claim.kind === 'done' && claim.why === 'sent' && channel === 'sms')
        await followUp?.sent(job, claim.gateway, claim.messageId || messageIdOf(send))
      log.info({ why: claim.why }, 'nothing to send')
      return { outcome: claim.kind, why: claim.why }
    }
    // After a lapse somebody else may have called: then the plan is stale, as it is before the first claim.
    const isNew = known.fence === 0 || claim.fence !== known.fence + 1
    known.fence = claim.fence
    if (claim.kind === 'unreadable') return unreadable()
    ageMs = claim.ageMs
    if (isNew) {
      known.extra = claim.extra
      known.doubt = claim.doubt === '' ? null : { name: claim.doubt, sinceMs: claim.doubtAt }
      if (known.doubt !== null) {
        const { doubt } = known
        const heard = await followUp?.doubted(job, doubt.name, messageIdOf(send))
        if (heard === 'delivered') return taken(doubt.name)
        if (heard === 'undelivered') return giveUp('undelivered', { gateway: doubt.name })
        calls = planCalls(gateways, doubt, known.extra === 1, Date.now())
        continue
      }
    }

    const message = messageOf(claim, send, deps.webOtpDomain)
    if (ask === 'look_up') {
      const found = await lookUp(gateway, message, known.doubt, signal)
      log.info({ gateway: name, found: found.found }, 'asked what became of it')
      if (found.found === 'taken') return taken(name, found.messageId)
      if (found.found === 'refused') {
        known.doubt = null
        calls = planCalls(gateways, null, false, 0)
      }
      continue
    }

    const outcome = await gateway.send(message, signal)
    metrics.called(channel, name, outcome.class)
    report(log, name, outcome, known.doubt?.name === name)
    last = `${name} ${outcome.code}`
    isFull &&= outcome.code === QUOTA_FULL
    const step = STEP[outcome.class]
    if (risk && (step === 'sent' || step === 'doubt')) known.extra = 1
    switch (step) {
      case 'sent':
        return taken(name, outcome.messageId)
      case 'stop':
        return giveUp(outcome.class, { gateway: name })
      case 'later':
        busyMs = outcome.retryAfterMs
        // Certainly not taken: a gateway that stays busy must not keep the message from the others.
        if (ageMs < BUSY_MS && (busyMs ?? 0) <= BUSY_MS)
          return later(last, { gateway: name }, { atLeastMs: busyMs })
        break
      case 'doubt': {
        // It is silent about its own repeats as well: the one second message takes another way, if there is one.
        if (known.doubt?.name === name && !risk && ageMs >= SILENT_MS && calls.length > 0) continue
        if (calls.length === 0 && (await mayGoByMail()))
          return giveUp('ambiguous', { gateway: name, doubt: name })
        const atLeastMs = gateway.lookUp === undefined ? undefined : LOOK_UP_AFTER_MS
        return later(last, { gateway: name, doubt: name }, { atLeastMs })
      }
      case 'next_gateway':
    }
  }

  // In doubt, with nothing left that may be repeated and the one second message spent.
  if (last === '') return giveUp('ambiguous')
  if (isFull) return giveUp('number_limit')
  if (await mayGoByMail()) return giveUp('no_gateway')
  const atMostMs = fallback !== null && (await fallback.isOpen(job)) ? fallback.afterMs - ageMs : undefined
  return later(`no gateway took it, last ${last}`, {}, { atLeastMs: busyMs, atMostMs })
}

async function lookUp(
  gateway: ListedGateway,
  message: SmsMessage,
  doubt: Doubt | null,
  signal: AbortSignal,
): Promise<Found> {
  if (gateway.lookUp === undefined || doubt === null) return { found: 'unknown' }
  return gateway.lookUp(message, new Date(doubt.sinceMs), signal)
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
  log[level](line, outcome.class === 'ambiguous' ? 'gateway gave no clear answer' : 'gateway did not take it')
}
