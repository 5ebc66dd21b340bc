import { createHash } from 'node:crypto'
import type { Send } from '@sms-codes/core/send'
import type { Claim, SendLedger, Settlement } from '@sms-codes/core/send-ledger'
import type { Logger } from '@sms-codes/core/logger'
import type { SendJob } from '@sms-codes/core/queues'
import type { Outcome, SmsMessage } from '@sms-codes/gateways/gateway'
import type { ListedGateway } from './gateways.ts'
import type { WorkerMetrics } from './metrics.ts'
import { planCalls, STEP } from './policy.ts'

export type DeliverDeps = {
  ledger: SendLedger
  gateways: readonly ListedGateway[]
  metrics: WorkerMetrics
  log: Logger
  webOtpDomain?: string | undefined
  /** Longer than a gateway call can take, so that a live owner never loses its claim. */
  leaseMs: number
}

/** How a try ended. `busy`: somebody else is at it, look again in `ms`. The rest is terminal. */
export type Delivered =
  | { outcome: 'sent' | 'failed' | 'gone' | 'done'; why: string }
  | { outcome: 'busy'; ms: number }

/** Nobody has the message for certain yet and there is time left: the queue tries again. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater'
  readonly retryAfterMs: number | undefined

  constructor(reason: string, retryAfterMs?: number) {
    super(reason)
    this.retryAfterMs = retryAfterMs
  }
}

/**
 * One try at one send. Every gateway call is preceded by a claim and followed by a settlement or the next
 * claim; what a crash in between leaves behind is a doubt, which the next try finds.
 *
 * @throws RetryLater, StoreError: both mean "again later" to the queue
 */
export async function deliver(job: SendJob, deps: DeliverDeps, signal: AbortSignal): Promise<Delivered> {
  const { ledger, gateways, metrics, leaseMs } = deps
  const send: Send = { rid: job.rid, scene: job.scene, n: job.n }
  const log = deps.log.child({ rid: job.rid, n: job.n, to: job.to })
  let found: { doubt: string; extra: number } | null = null
  let calls = planCalls(gateways, '', false)
  let fence = 0
  let last = ''

  const end = async (
    status: 'sent' | 'failed',
    by: string,
    what: Partial<Settlement>,
  ): Promise<Delivered> => {
    const mine = await ledger.settle(send, fence, { status, ...found, ...what })
    if (mine) metrics.ended(status, by)
    log[status === 'sent' ? 'info' : 'warn']({ by }, status)
    return { outcome: status, why: by }
  }
  const later = async (reason: string, what: Partial<Settlement>, retryAfterMs?: number): Promise<never> => {
    await ledger.settle(send, fence, { status: 'queued', ...found, ...what })
    throw new RetryLater(reason, retryAfterMs)
  }

  for (let call = calls.shift(); call !== undefined; call = calls.shift()) {
    const { gateway, risk } = call
    const claim = await ledger.claim(send, gateway.name, fence, leaseMs, risk)
    if (claim.kind === 'busy') return { outcome: 'busy', ms: claim.ms }
    if ('why' in claim) {
      if (claim.why === 'late') metrics.ended('failed', 'late')
      log.info({ why: claim.why }, 'nothing to send')
      return { outcome: claim.kind, why: claim.why }
    }
    // After a lapse somebody else may have called: then the plan is stale, as it is before the first claim.
    const overtaken = claim.fence !== fence + 1
    fence = claim.fence
    if (claim.kind === 'unreadable') return end('failed', 'unreadable', { reason: 'unreadable' })
    if (found === null || overtaken) {
      found = { doubt: claim.doubt, extra: claim.extra }
      if (found.doubt !== '') {
        calls = planCalls(gateways, found.doubt, found.extra === 1)
        continue
      }
    }

    const message = messageOf(claim, send, deps.webOtpDomain)
    const outcome = await gateway.send(message, signal)
    const { name } = gateway
    metrics.called(name, outcome.class)
    report(log, name, outcome, found.doubt === name)
    last = `${name} ${outcome.code}`
    const extra = risk ? 1 : found.extra
    switch (STEP[outcome.class]) {
      case 'sent': {
        const { messageId = '' } = outcome
        return end('sent', name, { gateway: name, messageId, channel: 'sms', extra })
      }
      case 'stop':
        return end('failed', outcome.class, { gateway: name, reason: outcome.class })
      case 'later':
        return later(last, { gateway: name }, outcome.retryAfterMs)
      case 'doubt':
        return later(last, { gateway: name, doubt: name, extra })
      case 'next_gateway':
    }
  }

  // In doubt, with nothing left that may be repeated and the one second message spent.
  if (last === '') return end('failed', 'ambiguous', { reason: 'ambiguous' })
  return later(`no gateway took it, last ${last}`, {})
}

function messageOf(
  { mobile, code, lifeMs }: Extract<Claim, { kind: 'go' }>,
  { rid, scene, n }: Send,
  webOtpDomain: string | undefined,
): SmsMessage {
  return {
    // The same over all tries of one send, another for a re-send. CCP takes 32 letters and digits.
    id: createHash('sha256').update(`${rid}.${n}`).digest('hex').slice(0, 32),
    mobile,
    code,
    // Whole minutes that are left. A few seconds on the way still count as the full life.
    minutes: Math.max(1, Math.floor((lifeMs + 10_000) / 60_000)),
    secondsLeft: Math.max(1, Math.floor(lifeMs / 1000)),
    scene,
    ...(webOtpDomain === undefined ? {} : { webOtpDomain }),
  }
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
